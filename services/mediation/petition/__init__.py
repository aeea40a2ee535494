"""A petition: registered, sent where it belongs, answered, and finally closed."""
