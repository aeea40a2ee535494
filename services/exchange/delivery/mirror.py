"""Which agency is told what on a topic of its own: the fields of its contract, up to P1.

For the rest there is a link, so that forgetting stays possible. Such a copy is no proof of a leaf.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

from sqlalchemy import Column, Connection, Named, Table, TypedColumns, bindparam, select

from libs.contracts import exchange
from libs.contracts.exchange import HandoffEvent
from libs.contracts.vocabulary import AgencyCode, HandoffId, HandoffKindCode
from libs.events.core.kernel import Envelope, Event, Hidden
from libs.events.store.log import Log
from libs.events.store.read_models import Rows
from libs.events.store.tables import Position, metadata
from libs.events.wire import codec
from libs.events.wire.codec import Message, Recorded

HANDOFF: Final = "handoff/"


class ReceiverColumns(TypedColumns):
    """Who had a handoff from a position of the log on."""

    handoff_id: Named[UUID] = Column(primary_key=True)
    since: Named[int] = Column(Position, primary_key=True, autoincrement=False)
    agency_code: Named[str]
    kind: Named[str]


receivers = Table("handoff_receivers", metadata, ReceiverColumns)

RECEIVER: Final = (
    select(receivers.c.agency_code, receivers.c.kind)
    .where(
        receivers.c.handoff_id == bindparam("handoff_id"),
        receivers.c.since <= bindparam("position"),
    )
    .order_by(receivers.c.since.desc())
    .limit(1)
)


class Terms(Protocol):
    def shows(self, kind: str, field: str) -> bool: ...


FindTerms: TypeAlias = Callable[[Connection, AgencyCode, HandoffKindCode, date], Terms | None]
# The class of each field of the body of a kind.
Levels: TypeAlias = Mapping[str, Mapping[str, str]]


def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
    rows = Rows(receivers)
    for fact in facts:
        data = fact.data
        if isinstance(
            data,
            exchange.HandoffOffered | exchange.HandoffReassigned | exchange.HandoffArbitrated,
        ):
            rows.set(
                handoff_id=data.handoff_id,
                since=fact.position,
                agency_code=data.to_agency,
                kind=data.kind,
            )
    rows.write(tx)


class Mirror:
    """The route of the second relay over the exchange's log."""

    def __init__(
        self,
        log: Log,
        find_terms: FindTerms,
        levels: Levels,
        day: Callable[[datetime], date],
        namespace: str,
    ) -> None:
        self._log = log
        self._terms = find_terms
        self._levels = levels
        self._day = day
        self._namespace = namespace

    def route(self, tx: Connection, page: Sequence[Recorded]) -> Sequence[Message]:
        told = (self._message(tx, one) for one in page if one.subject.startswith(HANDOFF))
        return [one for one in told if one is not None]

    def _message(self, tx: Connection, recorded: Recorded) -> Message | None:
        handoff_id = HandoffId(UUID(recorded.subject.removeprefix(HANDOFF)))
        row = receiver_at(tx, handoff_id, recorded.position)
        if row is None:
            return None
        agency, kind = AgencyCode(row[0]), HandoffKindCode(row[1])
        on = self._day(recorded.occurred or recorded.time)
        terms = self._terms(tx, agency, kind, on)
        if terms is None:
            return None
        (fact,) = self._log.opened([recorded])
        if not isinstance(fact.data, HandoffEvent):
            return None
        value = self._shown(fact.data, kind, terms)
        whole = codec.to_message(recorded)
        return Message(
            topic=f"{self._namespace}agency.{agency}",
            key=whole.key,
            headers=whole.headers,
            value=json.dumps(value, ensure_ascii=False).encode(),
        )

    def _shown(self, event: HandoffEvent, kind: str, terms: Terms) -> dict[str, Any]:
        """What is not personal; of the body what the contract lists up to P1; and where the rest
        is."""
        secret = {path[0] for path in codec.personal(type(event))}
        plain = json.loads(codec.adapter(type(event)).dump_json(event))
        told = {name: one for name, one in plain.items() if name not in secret}
        body = getattr(event, "body", None)
        if isinstance(body, Mapping):
            levels = self._levels.get(kind, {})
            told["body"] = {
                name: one
                for name, one in body.items()
                if levels.get(name, "P4") <= "P1" and terms.shows(kind, name)
            }
        elif isinstance(body, Hidden):
            told["body"] = {}
        return told | {"href": f"/handoffs/{event.handoff_id}"}


def receiver_at(tx: Connection, handoff_id: HandoffId, position: int) -> tuple[str, str] | None:
    row = tx.execute(RECEIVER, {"handoff_id": handoff_id, "position": position}).first()
    return None if row is None else (row.agency_code, row.kind)
