"""What mediation remembers of agencies."""
