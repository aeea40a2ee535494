"""From a command to what is recorded: requests, turns, the settler."""
