"""The rules of a measure."""
