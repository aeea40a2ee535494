"""An inspection: drawn at random, carried out."""
