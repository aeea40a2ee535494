"""A repair: a party that has corrected itself asks to be forgiven."""
