"""A record: a fact that the catalogue allows, shown for its term, corrected, withdrawn."""
