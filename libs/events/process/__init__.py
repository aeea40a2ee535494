"""A service process: what it is made of and what runs while it runs."""
