"""A screening: opened for a place and a time; each finding says what was found, or nothing.

Source: 天津市矛盾纠纷多元化解条例 (定期排查); docs/domain/mediation.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency, CallingPerson
from libs.events.core import fields as f
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Command, Context, Decider, Envelope, NotFound, Refused, State
from libs.events.deciding.turn import Completion
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.routes import get, post
from libs.events.declaring.rows import KEY, Row
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook

MANAGER: Final = (v.Role.MEDIATION_MANAGER,)
FINDERS: Final = (v.Role.MEDIATOR, v.Role.GRID_WORKER)
READERS: Final = (*MANAGER, v.Role.MEDIATOR, v.Role.SUPERVISOR, v.Role.OPS)


class OpenScreening(Command):
    screening_id: v.ScreeningId
    agency_code: CallingAgency
    scope: f.Short
    period: m.ScreeningPeriod
    begins_on: date
    ends_on: date


class RecordFinding(Command):
    """`known` says whether a dispute of that number is on the register."""

    screening_id: v.ScreeningId
    cell_code: v.CellCode
    found: bool
    dispute_no: Annotated[v.DisputeNo, f.Limits(max_length=64, pattern=r"^[^\x00]*$")] | None
    by: CallingPerson
    at: f.Now
    known: f.Completed[bool] = False


ScreeningCommand: TypeAlias = OpenScreening | RecordFinding


class Screening(State):
    opened: m.ScreeningCampaignOpened
    findings: frozenset[m.ScreeningFindingRecorded] = frozenset()


AnyScreening: TypeAlias = Nothing | Screening


def decide(
    rules: Rulebook, command: ScreeningCommand, screening: AnyScreening
) -> list[m.ScreeningEvent]:
    match command, screening:
        case OpenScreening(), Nothing():
            return [opened(command)]
        case OpenScreening(), Screening(opened=known):
            if known != opened(command):
                raise Refused("idempotency-conflict", "This id already names another screening")
            return []
        case RecordFinding(), Screening():
            return finding(rules, command, screening)
        case _:
            raise NotFound(
                "There is no screening {screening_id}", screening_id=command.screening_id
            )


def opened(command: OpenScreening) -> m.ScreeningCampaignOpened:
    if command.ends_on < command.begins_on:
        raise Refused("request-malformed", "It would end before it begins", field="ends_on")
    return m.ScreeningCampaignOpened(
        screening_id=command.screening_id,
        agency_code=command.agency_code,
        scope=command.scope,
        period=command.period,
        begins_on=command.begins_on,
        ends_on=command.ends_on,
    )


def finding(
    rules: Rulebook, command: RecordFinding, screening: Screening
) -> list[m.ScreeningEvent]:
    """A dispute that is on the register, or none: each once a day, cell and person."""
    on, campaign = rules.day(command.at), screening.opened
    if not campaign.begins_on <= on <= campaign.ends_on:
        raise Refused(
            "out-of-turn",
            "The screening is from {begins_on} to {ends_on}",
            begins_on=campaign.begins_on,
            ends_on=campaign.ends_on,
        )
    named = command.dispute_no is not None
    if command.found is not named or (named and not command.known):
        raise Refused(
            "request-malformed",
            "What was found is named by the number of a dispute on the register, and nothing else",
            dispute_no=command.dispute_no,
            field="dispute_no",
        )
    event = m.ScreeningFindingRecorded(
        screening_id=command.screening_id,
        cell_code=command.cell_code,
        by=command.by,
        found=command.found,
        dispute_no=command.dispute_no,
        on=on,
    )
    return [] if event in screening.findings else [event]


def evolve(screening: AnyScreening, event: m.ScreeningEvent) -> Screening:
    match screening, event:
        case Nothing(), m.ScreeningCampaignOpened():
            return Screening(opened=event)
        case Screening(), m.ScreeningFindingRecorded():
            return replace(screening, findings=screening.findings | {event})
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {screening}")


def owned(screening: AnyScreening, caller: Context) -> bool:
    """Grid workers are of many agencies: each goes where it is."""
    if not isinstance(screening, Screening):
        return False
    return caller.role == v.Role.GRID_WORKER or caller.agency == screening.opened.agency_code


def decider(rules: Rulebook) -> Decider[ScreeningCommand, AnyScreening, m.ScreeningEvent]:
    return build_decider(
        "screening",
        decide,
        evolve,
        rules,
        key="screening_id",
        owned=owned,
        opens=(OpenScreening,),
    )


class ScreeningRow(
    Row,
    table="screenings",
    indexes=(("screenings_by_begin", "opened_at", "screening_id"),),
):
    """A campaign; `visits` is how often somebody looked, `found` how many disputes there were."""

    screening_id: Annotated[v.ScreeningId, KEY]
    agency_code: v.AgencyCode
    scope: str
    period: str
    begins_on: date
    ends_on: date
    opened_at: datetime
    visits: int
    found: int


@projection(ScreeningRow)
def project(screenings: Changes, fact: Envelope[m.ScreeningEvent]) -> None:
    event = fact.data
    if isinstance(event, m.ScreeningCampaignOpened):
        screenings.take(fact, opened_at=fact.happened, visits=0, found=0)
        return
    before = screenings.now(screening_id=event.screening_id) or {"visits": 0, "found": 0}
    screenings.set(
        screening_id=event.screening_id,
        visits=before["visits"] + 1,
        found=before["found"] + event.found,
    )


class ScreeningPage(BaseModel):
    screenings: Sequence[ScreeningRow]
    next: str | None


def find_screenings(
    tx: Connection, caller: f.CallContext, page: f.Paging = f.FIRST_PAGE
) -> ScreeningPage:
    """Of the caller's centre, the oldest first; whoever watches the district sees all."""
    watches = caller.role in (v.Role.SUPERVISOR, v.Role.OPS)
    agency = None if watches else v.AgencyCode(caller.agency)
    found = ScreeningRow.where(agency_code=agency)
    rows, following = ScreeningRow.page(tx, found, page, "opened_at", "screening_id")
    return ScreeningPage(screenings=rows, next=following)


def screening(rules: Rulebook, is_dispute: Callable[[Connection, str], bool]) -> Stream:
    def completed(tx: Connection, command: RecordFinding, screening: AnyScreening) -> RecordFinding:
        known = command.dispute_no is not None and is_dispute(tx, command.dispute_no)
        return replace(command, known=known)

    path = "/screenings/{screening_id}"
    return Stream(
        name="screening",
        decider=decider(rules),
        completions={RecordFinding: Completion(asks=("dispute",), complete=completed)},
        projections=[project],
        commands=[
            post(OpenScreening, "/screenings", MANAGER, "idempotency-conflict", status=201),
            post(RecordFinding, f"{path}/findings", FINDERS, "not-found out-of-turn"),
        ],
        queries=[get("/screenings", find_screenings, READERS)],
    )
