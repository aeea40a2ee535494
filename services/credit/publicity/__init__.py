"""What everybody may read of organisations, without a token."""
