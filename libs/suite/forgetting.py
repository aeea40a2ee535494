"""What was erased is shown no more: the personal columns of every read model go blank when the key
of their matter has been destroyed. Source: 个人信息保护法 47; docs/domain, privacy."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from libs.contracts import oversight
from libs.events.core.kernel import Envelope, Event
from libs.events.declaring.stream import Stream
from libs.events.listening.listener import Reaction
from libs.events.store.read_models import PERSONAL, blank
from libs.events.store.tables import tables_of


def personal_tables(service: str) -> Sequence[Table[Any]]:
    """The tables of a service that show personal values, whichever of its streams writes them."""
    return [one for one in tables_of(service) if any(col.info == PERSONAL for col in one.c)]


def forgetting(service: str) -> Iterator[Stream]:
    """A stream that decides nothing, where some row has a personal column."""
    personal = personal_tables(service)
    if not personal:
        return

    def forget(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        erased = [
            fact.correlation_id
            for fact in facts
            if isinstance(fact.data, oversight.AccessAudited)
            and fact.data.kind is oversight.AccessKind.ERASED
        ]
        blank(tx, personal, erased)

    heard = Reaction(to=["oversight"], project=forget)
    yield Stream(name="forgetting", remembers={f"{service}.forgetting": heard})
