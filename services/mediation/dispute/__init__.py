"""A dispute between people and firms, from the counter to the last visit."""
