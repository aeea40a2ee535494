"""A row of the catalogue: information that may become a record."""
