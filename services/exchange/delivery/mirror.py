"""What is published to an agency on a topic of its own: the fields of its contract, up to P1.

For the rest there is a link, so that forgetting stays possible. Such a copy is no proof of a leaf.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from libs.contracts import exchange
from libs.contracts.exchange import HandoffEvent
from libs.contracts.vocabulary import AgencyCode, HandoffId, HandoffKindCode
from libs.events.core.kernel import Envelope, Hidden
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import COUNTER, KEY, Row
from libs.events.store.log import Log
from libs.events.wire import codec
from libs.events.wire.codec import Message, Recorded
from services.exchange.known import DayOf, FindTerms, Terms

HANDOFF: Final = "handoff/"


class ReceiverRow(Row, table="handoff_receivers"):
    """Who had a handoff from a position of the log on."""

    handoff_id: Annotated[UUID, KEY]
    since: Annotated[int, KEY, COUNTER]
    agency_code: str
    kind: str


RECEIVER: Final = (
    select(ReceiverRow.c.agency_code, ReceiverRow.c.kind)
    .where(
        ReceiverRow.c.handoff_id == bindparam("handoff_id"),
        ReceiverRow.c.since <= bindparam("position"),
    )
    .order_by(ReceiverRow.c.since.desc())
    .limit(1)
)


# The class of each field of the body of a kind.
Levels: TypeAlias = Mapping[str, Mapping[str, str]]


@projection(ReceiverRow)
def project(
    receivers: Changes,
    fact: Envelope[
        exchange.HandoffOffered | exchange.HandoffReassigned | exchange.HandoffArbitrated
    ],
) -> None:
    data = fact.data
    receivers.set(
        handoff_id=data.handoff_id,
        since=fact.position,
        agency_code=data.to_agency,
        kind=data.kind,
    )


class Mirror:
    """The route of the second relay over the exchange's log."""

    def __init__(
        self,
        log: Log,
        find_terms: FindTerms,
        levels: Levels,
        day: DayOf,
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
