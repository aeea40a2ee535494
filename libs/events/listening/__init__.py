"""From a record on Kafka to a command: chain, checkpoints, parking, dead letters."""
