"""Steps of the database of a service."""
