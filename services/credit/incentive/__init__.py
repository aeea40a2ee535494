"""An incentive: an advantage for who keeps faith, and its end."""
