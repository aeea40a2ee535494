"""The databases: log, read models, keys, files, leases."""
