"""Brokers, consumers, producers, topics; the relay that publishes the log."""
