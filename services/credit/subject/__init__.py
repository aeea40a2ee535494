"""A subject: whom records are of, and what an organisation's come to."""
