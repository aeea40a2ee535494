"""Credit: its rules, its score, its edge, and how all of it comes undone."""
