"""What is known of each decision that fell, and of all that was built on it."""
