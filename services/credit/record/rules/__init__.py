"""The rules of a record."""
