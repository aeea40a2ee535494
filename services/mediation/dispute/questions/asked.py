"""What is asked of disputes: the register, a mediator's desk, one dispute, its papers, and counts.

The wall: what was said, proposed and agreed is for who mediates and for the parties. A centre's
manager runs the register and sees whose a dispute is; whoever only watches sees that it is, and how
it stands. Source: 人民调解法 23(3); 法释〔2016〕14号 2(5), 22; docs/domain/privacy.md.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection, Engine, func, select

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.events.core.deciders import Nothing
from libs.events.core.fields import FIRST_PAGE, CallContext, Code, Limits, Paging, Said
from libs.events.core.kernel import Context, Envelope, Event, NotFound, Refused
from libs.events.store.files import readable
from libs.statute.rulebook import Rulebook
from libs.suite import documents
from libs.suite.shelf import Owner, Shelf, Visible
from services.mediation.dispute import pages
from services.mediation.dispute.projection import (
    DisputeRow,
    find_dispute,
    find_disputes,
    find_due_items,
    find_of_mediator,
    find_of_party,
    is_mediator,
    is_party,
)
from services.mediation.dispute.questions.shown import (
    Counts,
    DisputePage,
    DisputeView,
    DueItems,
    OutcomeView,
    shown,
    view,
)
from services.mediation.dispute.rules.evolving import evolve
from services.mediation.dispute.rules.state import AnyDispute, Dispute

ReadStream = Callable[[Connection, str], Sequence[Envelope[Event]]]
Format = Annotated[Literal["html", "pdf"], Said(name="as")]
# Who watches the whole district.
WATCHERS: Final = (v.Role.SUPERVISOR, v.Role.OPS)
# Fewer than these are told as fewer than these: a count of one tells who (docs/domain/privacy.md).
LEAST: Final = 5
MOST_DUE: Final = 500


def paged(found: tuple[Sequence[DisputeRow], str | None]) -> DisputePage:
    rows, following = found
    return DisputePage(disputes=list(map(shown, rows)), next=following)


def centre_of(caller: Context) -> v.AgencyCode | None:
    """A manager's own centre; who watches the district sees all of them."""
    return None if caller.role in WATCHERS else v.AgencyCode(caller.agency)


def find_register(
    tx: Connection,
    caller: CallContext,
    stage: Code | None = None,
    level: m.Level | None = None,
    category: Code | None = None,
    due_by: date | None = None,
    listed: bool = False,
    page: Paging = FIRST_PAGE,
) -> DisputePage:
    """The register of a centre, the oldest first. `due_by`: to be triaged, or to end, by then."""
    found = find_disputes(
        tx,
        agency_code=centre_of(caller),
        stage=stage,
        level=level,
        category=category,
        due_by=due_by,
        listed=listed,
        page=page,
    )
    return paged(found)


def find_desk(
    tx: Connection, caller: CallContext, closed: bool = False, page: Paging = FIRST_PAGE
) -> DisputePage:
    """What the caller mediates: sessions, terms, and what waits for whom."""
    return paged(find_of_mediator(tx, caller.actor, closed=closed, page=page))


def find_mine(tx: Connection, caller: CallContext, page: Paging = FIRST_PAGE) -> DisputePage:
    """A party's own disputes."""
    return paged(find_of_party(tx, party_of(caller), page=page))


def party_of(caller: Context) -> UUID:
    """The subject that a party acts as; nobody, where the token names none."""
    try:
        return UUID(caller.actor)
    except ValueError:
        return UUID(int=0)


def find_due(
    tx: Connection,
    caller: CallContext,
    due_by: date,
    limit: Annotated[int, Limits(ge=1, le=MOST_DUE)] = 50,
) -> DueItems:
    """Agreements falling due: open items, the earliest first; of a mediator, its own."""
    mine = caller.actor if caller.role == v.Role.MEDIATOR else None
    agency = None if mine is not None else centre_of(caller)
    return DueItems(items=find_due_items(tx, agency, mine, due_by, limit))


def count(
    tx: Connection,
    caller: CallContext,
    received_from: date | None = None,
    received_to: date | None = None,
) -> Counts:
    """Statistics only ever leave as counts."""
    c = DisputeRow.c
    found = select(c.category, c.channel, c.outcome, func.count())
    if (agency := centre_of(caller)) is not None:
        found = found.where(c.agency_code == agency)
    if received_from is not None:
        found = found.where(c.applied_on >= received_from)
    if received_to is not None:
        found = found.where(c.applied_on <= received_to)
    whole: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {name: Counter() for name in ("a", "b", "c")}
    for category, channel, outcome, number in tx.execute(
        found.group_by(c.category, c.channel, c.outcome)
    ):
        whole["disputes"] += number
        for name, one in zip(kinds, (category, channel, outcome or "OPEN"), strict=True):
            kinds[name][one] += number
    by_category, by_channel, by_outcome = map(suppressed, kinds.values())
    return Counts(
        received=suppressed(whole),
        by_category=by_category,
        by_channel=by_channel,
        by_outcome=by_outcome,
    )


def suppressed(counted: Mapping[str, int]) -> dict[str, int | str]:
    """Where one small count could be found by taking the others from the whole, another is hidden
    with it."""
    few = {name for name, number in counted.items() if 0 < number < LEAST}
    if len(few) == 1 and len(counted) > 1:
        rest = {name: number for name, number in counted.items() if name not in few}
        few.add(min(rest, key=lambda name: (rest[name], name)))
    small = f"<{LEAST}"
    told: dict[str, int | str] = {}
    for name, number in sorted(counted.items()):
        told[name] = number if name not in few else small if number < LEAST else "…"
    return told


class Disputes:
    """One dispute, as its events say it, to who may see it."""

    def __init__(self, rules: Rulebook, read: ReadStream, shelf: Shelf) -> None:
        self._rules = rules
        self._read = read
        self._shelf = shelf

    def owner(self, tx: Connection, dispute_id: str, caller: Context) -> Owner:
        """Whose files they are; behind the wall."""
        try:
            row = find_dispute(tx, UUID(dispute_id))
        except ValueError:
            row = None
        if row is None or not self.inside(tx, row, caller):
            raise unknown(dispute_id)
        return Owner(key=str(row.dispute_id), matter=row.correlation_id)

    def visible(self, engine: Engine) -> Visible:
        def owner(dispute_id: str, caller: Context) -> Owner:
            with engine.connect() as tx:
                return self.owner(tx, dispute_id, caller)

        return owner

    def inside(self, tx: Connection, row: DisputeRow, caller: Context) -> bool:
        """Whether the caller stands inside the wall: who mediates it, and the parties."""
        if caller.role == v.Role.MEDIATOR:
            return is_mediator(tx, row.dispute_id, caller.actor)
        return caller.role == v.Role.PARTY and is_party(tx, row.dispute_id, party_of(caller))

    def get_dispute(
        self, tx: Connection, dispute_id: v.DisputeId, caller: CallContext
    ) -> DisputeView:
        row = find_dispute(tx, dispute_id)
        if row is None:
            raise unknown(dispute_id)
        inside = self.inside(tx, row, caller)
        manages = caller.role == v.Role.MEDIATION_MANAGER and caller.agency == row.agency_code
        if not inside and not manages:
            raise unknown(dispute_id)
        return view(row, self.folded(tx, dispute_id), inside=inside)

    def get_outcome(self, tx: Connection, dispute_id: v.DisputeId) -> OutcomeView:
        row = find_dispute(tx, dispute_id)
        if row is None:
            raise unknown(dispute_id)
        return OutcomeView(**{name: getattr(row, name) for name in OutcomeView.model_fields})

    def get_agreement(
        self, tx: Connection, dispute_id: v.DisputeId, caller: CallContext, as_: Format = "html"
    ) -> Response:
        dispute = self._behind(tx, dispute_id, caller)
        written = pages.agreement(self._rules, dispute)
        if written is None:
            raise NotFound("There is no agreement yet")
        return printed(written, as_)

    def get_session(
        self,
        tx: Connection,
        dispute_id: v.DisputeId,
        session_no: Annotated[int, Limits(ge=1, le=1_000)],
        caller: CallContext,
        as_: Format = "html",
    ) -> Response:
        dispute = self._behind(tx, dispute_id, caller)
        held = next((one for one in dispute.held if one.session_no == session_no), None)
        if held is None:
            raise NotFound("There was no session {session_no}", session_no=session_no)
        owner = self.owner(tx, str(dispute_id), caller)
        content = self._shelf.fetch(owner, held.summary_hash)
        text = content.decode() if readable(content) else None
        return printed(pages.session_record(self._rules, dispute, held, text), as_)

    def _behind(self, tx: Connection, dispute_id: v.DisputeId, caller: Context) -> Dispute:
        """Raises `Refused` (`confidential`) where the caller knows of it, and is outside."""
        row = find_dispute(tx, dispute_id)
        if row is None:
            raise unknown(dispute_id)
        if not self.inside(tx, row, caller):
            if caller.role == v.Role.MEDIATION_MANAGER and caller.agency == row.agency_code:
                raise Refused(
                    "confidential",
                    "What was said and agreed is for the mediator and the parties",
                    basis="人民调解法 23(3)",
                )
            raise unknown(dispute_id)
        return self.folded(tx, dispute_id)

    def folded(self, tx: Connection, dispute_id: v.DisputeId) -> Dispute:
        dispute: AnyDispute = Nothing()
        for fact in self._read(tx, f"dispute/{dispute_id}"):
            if isinstance(fact.data, m.DisputeEvent):
                dispute = evolve(dispute, fact.data)
        assert isinstance(dispute, Dispute), "a row is written with the first event"
        return dispute


def unknown(dispute_id: object) -> NotFound:
    return NotFound("There is no dispute {dispute_id} that you may see", dispute_id=dispute_id)


def printed(written: documents.Document, as_: str) -> Response:
    if as_ == "pdf":
        return Response(documents.pdf(written), media_type="application/pdf")
    return HTMLResponse(documents.html(written))
