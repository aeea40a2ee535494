"""What the commands of a report leave open."""
