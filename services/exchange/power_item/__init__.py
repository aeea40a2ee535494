"""A power item: whose a power is, of the list that everybody may read."""
