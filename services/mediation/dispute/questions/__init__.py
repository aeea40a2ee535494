"""What may be asked of disputes."""
