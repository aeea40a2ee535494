"""A screening: somebody goes and looks for disputes before they break out."""
