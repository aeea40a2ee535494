"""Pure: the words of event sourcing, and what a stream declares in them."""
