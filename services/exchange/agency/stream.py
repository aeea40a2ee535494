"""An agency: who takes part, from the pack or by hand."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode, Role, TerritoryCode
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Load, Stream
from libs.statute.pack import Pack, Row
from services.exchange.agency.commands import ChangeAgencyStatus, RegisterAgency
from services.exchange.agency.completion import complete_change
from services.exchange.agency.projection import Agencies, AgencyRow, project
from services.exchange.agency.rules import DECIDER


def find_agencies(tx: Connection) -> Sequence[AgencyRow]:
    return AgencyRow.all(tx)


def registration(row: Row) -> RegisterAgency:
    return RegisterAgency(
        agency_code=AgencyCode(row["code"]),
        name_zh=row["name_zh"],
        kind=row["kind"],
        territory=TerritoryCode(row["territory"]),
        rule_family=row["rule_family"],
        superior=row["superior"] or None,
    )


def agency(pack: Pack, read_agencies: Callable[[Connection], Agencies]) -> Stream:
    rows = [row for row in pack.tables["agencies"] if not row["code"].startswith("@")]
    complete = partial(complete_change, read_agencies)
    return Stream(
        name="agency",
        tag="agencies",
        decider=DECIDER,
        completions={ChangeAgencyStatus: Completion(asks=("agency",), complete=complete)},
        projections=[project],
        loads=[Load(wanted=lambda: [*map(registration, rows)], shown=AgencyRow, once=True)],
        commands=[
            post(RegisterAgency, "/agencies", (Role.OPS,), "idempotency-conflict", status=201),
            post(
                ChangeAgencyStatus,
                "/agencies/{agency_code}/status",
                (Role.OPS, Role.SUPERVISOR),
                "not-found out-of-turn agency-unknown",
            ),
        ],
        queries=[get("/agencies", find_agencies, anybody=True)],
    )
