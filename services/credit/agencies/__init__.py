"""What credit remembers of agencies and their powers."""
