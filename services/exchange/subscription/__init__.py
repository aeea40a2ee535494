"""A subscription: what an agency is told of, and which fields it may see."""
