"""A row of the measures list: a consequence that law allows."""
