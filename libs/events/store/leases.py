"""A thing that one process does at a time: who leads, by a row with a token that only grows."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from libs.events.store.tables import leases

# How long a leader may be silent, in seconds of the database's clock; and how long whoever seizes
# the lead has it without a word.
TERM: Final = 10.0
LONGEST: Final = 6 * TERM

HOLDER: Final = select(leases.c.token).where(leases.c.name == bindparam("name")).with_for_update()


def now(tx: Connection) -> Any:
    """The database's clock: one clock for all who lead."""
    if tx.dialect.name == "postgresql":
        return func.extract("epoch", func.clock_timestamp())
    return literal_column("((julianday('now') - 2440587.5) * 86400.0)")


def over(tx: Connection) -> ColumnElement[bool]:
    """A lease whose time is over; or that ends later than anybody may take it for, and so was
    written when the clock was ahead."""
    end = leases.c.expires_at
    return or_(end < now(tx), end > now(tx) + LONGEST)


def take(tx: Connection, name: str, owner: str) -> int | None:
    """The token of the new leader, or nothing while another leads."""
    put: Any = {"postgresql": postgresql, "sqlite": sqlite}[tx.dialect.name].insert(leases)
    tx.execute(put.values(name=name, owner="", token=0, expires_at=0.0).on_conflict_do_nothing())
    free = or_(over(tx), leases.c.owner == owner)
    taken = (
        update(leases)
        .where(and_(leases.c.name == name, free))
        .values(owner=owner, token=leases.c.token + 1, expires_at=now(tx) + TERM)
        .returning(leases.c.token)
    )
    return tx.execute(taken).scalar()


def seize(tx: Connection, name: str, owner: str, term: float = LONGEST) -> int:
    """The lead, from whoever has it: they notice at their next renewal. An operator asks for it."""
    take(tx, name, owner)  # the row is there
    seized = (
        update(leases)
        .where(leases.c.name == name)
        .values(owner=owner, token=leases.c.token + 1, expires_at=now(tx) + term)
        .returning(leases.c.token)
    )
    return tx.execute(seized).scalar_one()


def owner(tx: Connection, name: str) -> str:
    """Who leads now, or nobody."""
    found = select(leases.c.owner).where(leases.c.name == name, not_(over(tx)))
    return tx.execute(found).scalar() or ""


def renew(tx: Connection, name: str, token: int) -> bool:
    still = and_(leases.c.name == name, leases.c.token == token)
    renewed = update(leases).where(still).values(expires_at=now(tx) + TERM)
    return tx.execute(renewed).rowcount == 1


def holds(tx: Connection, name: str, token: int) -> bool:
    """Whether nobody has led since. Asked in the transaction in which it must be true."""
    return tx.execute(HOLDER, {"name": name}).scalar() == token


def held(tx: Connection, name: str, token: int) -> bool:
    """Whether it is led by whoever has this token, and its time is not over."""
    mine = and_(leases.c.name == name, leases.c.token == token, not_(over(tx)))
    return tx.execute(select(leases.c.token).where(mine)).scalar() is not None


def release(tx: Connection, name: str, token: int) -> None:
    mine = and_(leases.c.name == name, leases.c.token == token)
    tx.execute(update(leases).where(mine).values(owner="", expires_at=0.0))
