"""The rules of a handoff: offered, answered, ended."""
