"""An officer: certified, for which domains and until when."""
