"""What must follow from what has happened, and has not: seen from events alone."""
