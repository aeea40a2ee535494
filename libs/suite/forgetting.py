"""What was erased is shown no more: the personal columns of every read model go blank when the key
of their matter has been destroyed. Source: 个人信息保护法 47; docs/domain, privacy."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, func, select

from libs.contracts import oversight
from libs.events.core.kernel import Envelope, Event
from libs.events.declaring.stream import Stream
from libs.events.listening.listener import Reaction
from libs.events.process.service import Tombstones
from libs.events.store.read_models import PERSONAL, blank
from libs.events.store.tables import events, heard, tables_of
from libs.events.wire import codec

OWNER: Final = "oversight"
TYPE: Final = oversight.AccessAudited.event_type


def personal_tables(service: str) -> Sequence[Table[Any]]:
    """The tables of a service that show personal values, whichever of its streams writes them."""
    return [one for one in tables_of(service) if any(col.info == PERSONAL for col in one.c)]


def forgetting(service: str) -> Iterator[Stream]:
    """A stream that decides nothing: it remembers what was erased, and blanks what shows it."""
    if service == OWNER:
        return
    personal = personal_tables(service)

    def forget(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        erased = [fact.correlation_id for fact in facts if is_tombstone(fact.data)]
        blank(tx, personal, erased)

    reaction = Reaction(to=[OWNER], project=forget)
    yield Stream(name="forgetting", remembers={f"{service}.forgetting": reaction})


def is_tombstone(event: Event) -> bool:
    erased = oversight.AccessKind.ERASED
    return isinstance(event, oversight.AccessAudited) and event.kind is erased


def tombstones(service: str, tx: Connection, after: int) -> Tombstones:
    """The matters that its log, or what it consumed, says were erased; and up to where that was
    read. No personal value is opened for it."""
    if service == OWNER:
        place, of = events.c.position, events.c.type == TYPE
    else:
        place, of = heard.c.ordinal, and_(heard.c.source == OWNER, heard.c.type == TYPE)
    table = place.table
    last = tx.execute(select(func.max(place))).scalar() or 0
    found = select(table.c.correlation_id, table.c.type, table.c.data).where(of, place > after)
    erased = {
        row.correlation_id
        for row in tx.execute(found.where(place <= last).order_by(place))
        if is_tombstone(codec.decode(row.type, row.data))
    }
    return Tombstones(names=erased, until=last)
