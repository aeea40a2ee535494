"""The exchange: the one place where agencies answer one another."""
