"""The trace: which event led to which, across all services. It decides nothing."""
