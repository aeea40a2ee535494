"""A listing: notice, statement, decision; and off the list again."""
