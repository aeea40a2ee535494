"""Real processes, a real Kafka, a real database, and everything that can go wrong with them."""
