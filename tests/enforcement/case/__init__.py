"""What is tested of a case."""
