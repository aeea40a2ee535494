"""Matters: reports of the grid as it tells of them. Nothing is decided here."""
