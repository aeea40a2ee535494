"""What is asked of a case: the register, a desk, the case whole, its clocks, money and document.

An agency sees its own; supervision and operations see the registers of all, and no names.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.asking import Watched
from libs.contracts.enforcement import Party
from libs.contracts.vocabulary import PersonId, Role
from libs.events.core.fields import FIRST_PAGE, CallContext, Code, Limits, Paging, Said
from libs.events.core.kernel import Context, Hidden, NotFound
from services.enforcement.case import pages
from services.enforcement.case.projection.register import CaseRow, find_case
from services.enforcement.case.projection.register import find_cases as find_rows
from services.enforcement.case.questions.reading import Reading
from services.enforcement.case.rules.document import Written
from services.enforcement.case.rules.state import Case

WATCHERS: Final = (Role.SUPERVISOR, Role.OPS)
# A case is named by its id or by its number.
CaseName = Annotated[str, Limits(max_length=100)]
Format = Annotated[Literal["html", "pdf"], Said(name="as")]


class CasePage(BaseModel):
    """A page; `next` asks for the one after it."""

    cases: Sequence[CaseRow]
    next: str | None


class PartyView(BaseModel):
    subject_id: UUID
    name: str
    address: str
    credit_code: str | None


class CaseView(CaseRow):
    """A case whole: who it is about, and what is owed as of now, in fen."""

    parties: Sequence[PartyView] | str
    surcharge_fen: int | None
    owed_fen: int | None


class SkippedDay(BaseModel):
    day: date
    why: str


class PauseView(BaseModel):
    reason: str
    paused_on: date
    resumed_on: date


class ClockView(BaseModel):
    """Why this date: start, rule, source, pauses, each day skipped and why."""

    clock: str
    start: date
    rule_code: str
    value: int
    unit: str
    basis: str
    pauses: Sequence[PauseView]
    skipped: Sequence[SkippedDay]
    due_on: date
    provisional: bool


class MoneyView(BaseModel):
    as_of: date
    fine_fen: int
    gain_fen: int
    surcharge_fen: int
    paid_fen: int
    refunded_fen: int
    owed_fen: int
    due_on: date | None


class MaskedView(BaseModel):
    text: str
    masked_hash: str


def visible(tx: Connection, case: str, caller: Context) -> CaseRow:
    """A case of the caller's agency. Raises `NotFound`."""
    row = find_case(tx, case)
    if row is None or not (row.agency_code == caller.agency or caller.role in WATCHERS):
        raise NotFound("There is no case {case} that you may see", case=case)
    return row


def find_cases(
    tx: Connection,
    *,
    agency: Watched,
    caller: CallContext,
    mine: bool = False,
    status: Code | None = None,
    waits_for: Code | None = None,
    power_item: Code | None = None,
    due_by: date | None = None,
    page: Paging = FIRST_PAGE,
) -> CasePage:
    """The register of an agency; with `mine` an officer's desk."""
    rows, following = find_rows(
        tx,
        agency_code=agency,
        officer_id=PersonId(caller.actor) if mine else None,
        status=status,
        waits_for=waits_for,
        power_item_code=power_item,
        due_by=due_by,
        page=page,
    )
    return CasePage(cases=rows, next=following)


class Cases:
    """One case beyond its row: what its events say, as of the moment of the question."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def _read(self, tx: Connection, case: str, caller: Context) -> tuple[CaseRow, Case]:
        row = visible(tx, case, caller)
        found = self._reading.case(tx, row.case_id)
        assert found is not None, "a row is written with the first event"
        return row, found

    def get_case(self, tx: Connection, case: CaseName, caller: CallContext) -> CaseView:
        row, found = self._read(tx, case, caller)
        money = self._reading.money(found, caller.at)
        watches = caller.role in WATCHERS
        return CaseView(
            **dict(row),
            parties=Hidden.WITHHELD.value if watches else named(found.filed.parties),
            surcharge_fen=money.surcharge_fen if money else None,
            owed_fen=money.owed_fen if money else None,
        )

    def get_clocks(self, tx: Connection, case: CaseName, caller: CallContext) -> list[ClockView]:
        _, found = self._read(tx, case, caller)
        return [
            ClockView(
                **{
                    name: getattr(one, name)
                    for name in ("clock", "start", "rule_code", "value", "unit", "basis")
                },
                pauses=[
                    PauseView(reason=why, paused_on=p.paused_on, resumed_on=p.resumed_on)
                    for why, p in one.pauses
                ],
                skipped=[SkippedDay(day=skip.day, why=skip.why) for skip in one.skipped],
                due_on=one.due_on,
                provisional=one.provisional,
            )
            for one in self._reading.clocks(found)
        ]

    def get_ledger(self, tx: Connection, case: CaseName, caller: CallContext) -> MoneyView:
        _, found = self._read(tx, case, caller)
        money = self._reading.money(found, caller.at)
        if money is None:
            raise NotFound("Nothing is owed yet: no decision has been served")
        return MoneyView(**vars(money))

    def get_decision_document(
        self, tx: Connection, case: CaseName, caller: CallContext, as_: Format = "html"
    ) -> Response:
        document = self._document(tx, case, caller, masked=False)
        if as_ == "pdf":
            return Response(pages.pdf(document), media_type="application/pdf")
        return HTMLResponse(pages.decision_html(document))

    def get_masked_decision(
        self, tx: Connection, case: CaseName, caller: CallContext
    ) -> MaskedView:
        """The copy that the head approves, and the digest by which it is published."""
        document = self._document(tx, case, caller, masked=True)
        return MaskedView(text=document.text, masked_hash=document.digest)

    def _document(self, tx: Connection, case: str, caller: Context, *, masked: bool) -> Written:
        _, found = self._read(tx, case, caller)
        document = self._reading.document(found, masked=masked)
        if document is None:
            raise NotFound("No decision has been made in this case yet")
        return document


def named(parties: Sequence[Party] | Hidden) -> Sequence[PartyView] | str:
    if isinstance(parties, Hidden):
        return parties.value
    return [PartyView(**vars(one)) for one in parties]
