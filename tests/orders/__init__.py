"""Any order that Kafka allows: stories told again with delays, duplicates and restarts."""
