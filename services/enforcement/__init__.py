"""Enforcement: a case from the lead to the closed file."""
