"""The rules of a dispute, along its life."""
