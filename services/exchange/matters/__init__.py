"""Matters: reports as the grid records them. Nothing is decided here."""
