"""The rules of a report, along its life."""
