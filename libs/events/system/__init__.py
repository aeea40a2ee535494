"""What the machine gives: time, randomness, the environment, telemetry."""
