"""What an event does to a clock, and where a clock stands after it."""
