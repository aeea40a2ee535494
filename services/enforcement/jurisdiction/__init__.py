"""A dispute about whose it is: raised, agreed."""
