"""The rules of a case, along its life."""
