"""What may be asked of a case."""
