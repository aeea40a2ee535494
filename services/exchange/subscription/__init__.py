"""A subscription: which handoffs an agency receives, and which fields it may see."""
