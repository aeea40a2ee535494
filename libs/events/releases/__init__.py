"""Two releases on one log; rebuilding, republishing and recovering."""
