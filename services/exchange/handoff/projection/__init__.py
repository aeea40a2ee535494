"""What is shown of handoffs."""
