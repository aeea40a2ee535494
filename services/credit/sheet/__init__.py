"""What is remembered of one subject, for those who may read it."""
