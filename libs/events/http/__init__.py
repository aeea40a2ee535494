"""The HTTP edge: callers, signatures, bodies, problems."""
