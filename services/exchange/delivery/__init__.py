"""Delivery: carries to each agency that wants Kafka its own handoffs. It decides nothing."""
