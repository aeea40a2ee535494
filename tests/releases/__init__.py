"""A small database of each release, as it left it, and whether this release takes it over."""
