"""The decisions a remedy may be about, as enforcement records them."""
