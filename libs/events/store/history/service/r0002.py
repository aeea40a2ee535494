"""What is parked is found by when it is due."""

from alembic import op

revision = "0002"
down_revision = "0001"
# Only an index is added: no row changes, so none is copied.
touches = ()


def upgrade() -> None:
    op.create_index("parked_by_due", "parked", ["due"], if_not_exists=True)
