"""The rules of an approval."""
