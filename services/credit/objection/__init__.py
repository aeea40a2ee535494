"""An objection: a party says that a record of its own is wrong."""
