"""What the machinery's own tables were in each release: a folder for a service's database, one for
the key store, and in them a file for each step (Alembic's revisions)."""
