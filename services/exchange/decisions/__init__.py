"""The decisions a remedy may be about, as enforcement tells of them."""
