"""The rules of the small streams: cells, catalogue, agencies, contracts, powers, days, officers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from libs.contracts import exchange, grid, oversight
from libs.contracts.exchange import AgencyStatus, Contract, DeliveryMode, PowerItem
from libs.contracts.oversight import AccessKind
from libs.contracts.vocabulary import (
    AgencyCode,
    CatalogueVersion,
    CategoryCode,
    CellCode,
    CertificateNo,
    HandoffKindCode,
    Matter,
    PersonId,
    Polygon,
    PowerItemCode,
    Resolver,
    Role,
    SlaClass,
    SubscriptionId,
    TerritoryCode,
)
from services.exchange.agency import rules as agency
from services.exchange.agency.commands import ChangeAgencyStatus, RegisterAgency
from services.exchange.calendar import rules as calendar
from services.exchange.calendar.commands import PublishCalendar
from services.exchange.power_item import rules as power_item
from services.exchange.power_item.commands import PublishPowerItem
from services.exchange.subscription import rules as subscription
from services.exchange.subscription.commands import CreateSubscription
from services.grid.category_catalogue import rules as catalogue
from services.grid.category_catalogue.commands import ReviseCategoryCatalogue
from services.grid.cell import rules as cell
from services.grid.cell.commands import AssignWorker, DefineCell
from services.oversight.access import rules as access
from services.oversight.access.commands import AuditAccess
from services.oversight.officer import rules as officer
from services.oversight.officer.commands import CertifyOfficer
from tests.conftest import RULES
from tests.rules import AllTheRules
from tests.scenario import after, given, refused

DAY = date(2026, 1, 1)
NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
CGW = AgencyCode("CGW")
CELL = CellCode("cell-1")

DEFINE = DefineCell(
    cell_code=CELL,
    name_zh="第一网格",
    community_code=TerritoryCode("c"),
    street_code=TerritoryCode("s"),
    polygon=Polygon("{}"),
    effective_from=DAY,
    inside=True,
)
LEAD = AssignWorker(
    cell_code=CELL,
    worker_id=PersonId("w1"),
    agency_code=CGW,
    is_lead=True,
    effective_from=DAY,
)
REVISE = ReviseCategoryCatalogue(
    jurisdiction=TerritoryCode("here"),
    version=CatalogueVersion("1"),
    added=(
        grid.Category(
            category_code=CategoryCode("0102"),
            kind="EVENT",
            name_zh="暴露垃圾",
            lead=(Resolver("CGW"),),
            co=(),
            sla_class=SlaClass("S3"),
            route=(),
            power_items=(),
        ),
    ),
    revised=(),
    retired=(),
    effective_from=DAY,
    unknown=(),
)
REGISTER = RegisterAgency(
    agency_code=CGW,
    name_zh="城管委",
    kind="DEPARTMENT",
    territory=TerritoryCode("here"),
    rule_family="OTHER",
    superior=None,
)
SUSPEND = ChangeAgencyStatus(agency_code=CGW, status=AgencyStatus.SUSPENDED, successor=None)
MERGE = ChangeAgencyStatus(
    agency_code=CGW, status=AgencyStatus.MERGED, successor=AgencyCode("ZJW"), successor_known=True
)
CONTRACT = Contract(
    agency_code=CGW,
    kinds=(HandoffKindCode("DISPATCH"),),
    mode=DeliveryMode.PULL,
    endpoint=None,
    secret_ref=None,
    field_allow_list=("DISPATCH.*",),
    max_class="P2",
    purpose="its duty",
    basis="三定规定",
    valid_from=DAY,
    valid_until=date(2026, 12, 31),
)
CREATE = CreateSubscription(
    subscription_id=SubscriptionId(UUID(int=1)), contract=CONTRACT, at=NOON, agency_known=True
)
ITEM = PowerItem(
    code=PowerItemCode("P-1"),
    name_zh="非法占地",
    type="PENALTY",
    owners=(Resolver("GZJ"),),
    delegated_to=(),
    delegation_decision=None,
    basis="土地管理法 77",
    version=1,
    effective_from=None,
    effective_to=None,
)
PUBLISH_ITEM = PublishPowerItem(item=ITEM)
YEAR = tuple(DAY + timedelta(days=n) for n in range(365))
PUBLISH = PublishCalendar(year=2026, days=YEAR, off_days=(DAY,), on_days=(), source="pack-1")
CERTIFY = CertifyOfficer(
    officer_id=PersonId("o1"),
    certificate_no=CertificateNo("T-1"),
    domains=("CITY",),
    agency_code=CGW,
    valid_until=date(2027, 12, 31),
)
AUDIT = AuditAccess(
    day=DAY,
    by=PersonId("ops"),
    role=Role.OPS,
    purpose="the purpose is reached",
    fields=("*",),
    at=NOON,
    kind=AccessKind.ERASED,
    matter=Matter("TR-1"),
)
SUBSCRIPTION = subscription.decider(RULES)


class TestCells(AllTheRules):
    decider = cell.DECIDER
    commands = (DEFINE, LEAD, replace(LEAD, worker_id=PersonId("w2"), is_lead=False))
    pasts = ([], after(cell.DECIDER, [], DEFINE), after(cell.DECIDER, [], DEFINE, LEAD))
    events = grid.CellEvent


class TestCatalogue(AllTheRules):
    decider = catalogue.DECIDER
    commands = (REVISE,)
    pasts = ([], after(catalogue.DECIDER, [], REVISE))
    events = grid.CategoryCatalogueRevised


class TestAgencies(AllTheRules):
    decider = agency.DECIDER
    commands = (REGISTER, SUSPEND, MERGE)
    pasts = (
        [],
        after(agency.DECIDER, [], REGISTER),
        after(agency.DECIDER, [], REGISTER, SUSPEND),
        after(agency.DECIDER, [], REGISTER, MERGE),
    )
    events = exchange.AgencyEvent


class TestSubscriptions(AllTheRules):
    decider = SUBSCRIPTION
    commands = (CREATE,)
    pasts = ([], after(SUBSCRIPTION, [], CREATE))
    events = exchange.SubscriptionCreated


class TestPowerItems(AllTheRules):
    decider = power_item.DECIDER
    commands = (PUBLISH_ITEM,)
    pasts = ([], after(power_item.DECIDER, [], PUBLISH_ITEM))
    events = exchange.PowerItemPublished


class TestCalendars(AllTheRules):
    decider = calendar.DECIDER
    commands = (PUBLISH,)
    pasts = ([], after(calendar.DECIDER, [], PUBLISH))
    events = exchange.CalendarPublished


class TestOfficers(AllTheRules):
    decider = officer.DECIDER
    commands = (CERTIFY,)
    pasts = ([], after(officer.DECIDER, [], CERTIFY))
    events = oversight.OfficerCertified


class TestAccess(AllTheRules):
    decider = access.DECIDER
    commands = (AUDIT,)
    pasts = ([], after(access.DECIDER, [], AUDIT))
    events = oversight.AccessAudited


# Each refusal of these streams, and one example in which it is the answer.
REFUSALS: dict[str, tuple[str, Any, list[Any], Any]] = {
    "ground of others": (
        "cells-overlap",
        cell.DECIDER,
        [],
        replace(DEFINE, overlaps=(CellCode("x"),)),
    ),
    "outside": ("cells-overlap", cell.DECIDER, [], replace(DEFINE, inside=False)),
    "defined otherwise": (
        "idempotency-conflict",
        cell.DECIDER,
        after(cell.DECIDER, [], DEFINE),
        replace(DEFINE, name_zh="x"),
    ),
    "no cell": ("not-found", cell.DECIDER, [], LEAD),
    "second lead": (
        "lead-worker-taken",
        cell.DECIDER,
        after(cell.DECIDER, [], DEFINE, LEAD),
        replace(LEAD, worker_id=PersonId("w2")),
    ),
    "nobody's category": (
        "agency-not-competent",
        catalogue.DECIDER,
        [],
        replace(REVISE, unknown=(Resolver("XXX"),)),
    ),
    "nobody asked": ("agency-not-competent", catalogue.DECIDER, [], replace(REVISE, unknown=None)),
    "another agency": (
        "idempotency-conflict",
        agency.DECIDER,
        after(agency.DECIDER, [], REGISTER),
        replace(REGISTER, kind="ZONE"),
    ),
    "no agency": ("not-found", agency.DECIDER, [], SUSPEND),
    "no successor": (
        "agency-unknown",
        agency.DECIDER,
        after(agency.DECIDER, [], REGISTER),
        replace(MERGE, successor_known=False),
    ),
    "gone": ("out-of-turn", agency.DECIDER, after(agency.DECIDER, [], REGISTER, MERGE), SUSPEND),
    "unknown agency": ("agency-unknown", SUBSCRIPTION, [], replace(CREATE, agency_known=False)),
    "why": (
        "request-malformed",
        SUBSCRIPTION,
        [],
        replace(CREATE, contract=replace(CONTRACT, basis="")),
    ),
    "too long": (
        "subscription-too-long",
        SUBSCRIPTION,
        [],
        replace(CREATE, contract=replace(CONTRACT, valid_until=date(2027, 1, 1))),
    ),
    "no basis": (
        "power-item-basis-missing",
        power_item.DECIDER,
        [],
        replace(PUBLISH_ITEM, item=replace(ITEM, basis="")),
    ),
    "no decision": (
        "delegation-decision-missing",
        power_item.DECIDER,
        [],
        replace(PUBLISH_ITEM, item=replace(ITEM, delegated_to=(CGW,))),
    ),
    "a day missing": ("calendar-incomplete", calendar.DECIDER, [], replace(PUBLISH, days=YEAR[1:])),
    "a day twice": (
        "calendar-incomplete",
        calendar.DECIDER,
        [],
        replace(PUBLISH, days=(*YEAR[1:], YEAR[5])),
    ),
    "no domain": ("request-malformed", officer.DECIDER, [], replace(CERTIFY, domains=())),
}


@pytest.mark.parametrize(("rule", "decider", "past", "command"), REFUSALS.values(), ids=REFUSALS)
def test_a_rule_says_no(rule: str, decider: Any, past: list[Any], command: Any) -> None:
    with refused(rule):
        given(decider, *past).when(command)
