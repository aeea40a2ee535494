"""What of a case is written out over HTTP."""
