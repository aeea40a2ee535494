"""A rollback: everything that has to be undone when a decision falls, step by step."""
