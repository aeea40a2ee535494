"""What is shown of cases and decisions."""
