"""An inquiry into a decision that did not stand: opened, found, closed."""
