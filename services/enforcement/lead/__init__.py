"""A lead: received, checked, filed."""
