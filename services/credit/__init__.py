"""Credit: what is remembered of a party, what it costs, and how all of it comes undone."""
