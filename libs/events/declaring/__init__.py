"""What a stream declares, and what follows from it."""
