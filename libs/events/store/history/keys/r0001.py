"""The tables of the first release. A key store that says nothing of itself is one of these."""

revision = "0001"
down_revision = None
touches = ()


def upgrade() -> None:
    """There is nothing before it."""
