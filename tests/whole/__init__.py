"""Whole files of real rows, in one process: the same services, with a loopback in Kafka's place."""
