"""Who they are, what each may do, whose certificates hold: as exchange and oversight record it."""
