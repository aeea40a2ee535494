"""The rules of a lead, a seizure, a dispute and an inspection: given these events, when …"""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from libs.contracts.enforcement import (
    CoercionEvent,
    ExtendedBecause,
    InspectionEvent,
    InspectionPurpose,
    InspectionResult,
    JurisdictionEvent,
    LeadEvent,
    Manifest,
    SeizedItem,
)
from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    CellCode,
    CertificateNo,
    CoercionId,
    InspectionId,
    JurisdictionId,
    LeadId,
    Location,
    Matter,
    Officer,
    PersonId,
    PowerItemCode,
    ReasonCode,
    SourceRef,
)
from libs.events.core.kernel import NotFound
from libs.statute.drawing import drawn, seed_of
from services.enforcement.case.rules.decider import decider as cases
from services.enforcement.coercion.commands import (
    ApproveCoerciveMeasure,
    CoercionCommand,
    ExtendCoerciveMeasure,
    ImposeCoerciveMeasure,
    LiftCoerciveMeasure,
)
from services.enforcement.coercion.rules import decider as coercions
from services.enforcement.inspection.commands import CompleteInspection, DrawInspection
from services.enforcement.inspection.rules import decider as inspections
from services.enforcement.jurisdiction.commands import AgreeJurisdiction, RaiseJurisdictionDispute
from services.enforcement.jurisdiction.rules import decider as jurisdictions
from services.enforcement.lead.commands import FileCase, ReceiveLead
from services.enforcement.lead.rules import decider as leads
from tests.conftest import RULES
from tests.enforcement.case import past as p
from tests.rules import AllTheRules
from tests.scenario import after, caller, given, refused

LEAD, COERCION = leads(RULES), coercions(RULES)
JURISDICTION, INSPECTION = jurisdictions(RULES), inspections(RULES)
PLACE = Location(cell_code=CellCode("120116157202001"))
TWO = frozenset({p.ONE, p.TWO})
OTHER = LeadId(UUID("55555555-5555-7555-8555-0000000000ff"))

RECEIVE = ReceiveLead(
    lead_id=p.LEAD,
    source_channel="GRID",
    source_ref=SourceRef("grid/report/1"),
    handoff_id=None,
    agency_code=p.GZJ,
    subject=None,
    power_item_code=None,
    facts="built on farmland",
    location=PLACE,
    discovered_at=p.on("04-08"),
    at=p.on("04-13", 11),
)
FILE = FileCase(
    lead_id=p.LEAD,
    case_id=p.ID,
    agency_code=p.GZJ,
    subjects=(p.SUBJECT,),
    parties=(p.PARTY,),
    power_item_code=PowerItemCode("P-LAND-01"),
    act_date=date(2026, 3, 1),
    act_end_date=None,
    location=None,
    safety_harm=False,
    proposed_by=(p.ONE, p.TWO),
    approver=p.HEAD,
    at=p.on("04-15"),
    certified=TWO,
    place_inside=True,
    owned=True,
)
RECEIVED = after(LEAD, [], RECEIVE)
FILED = after(LEAD, RECEIVED, FILE)

LEAD_REFUSALS: dict[str, tuple[str, list[LeadEvent], Any]] = {
    "again": ("lead-duplicate", [], replace(RECEIVE, same_source=OTHER)),
    "tomorrow": ("request-malformed", [], replace(RECEIVE, discovered_at=p.on("04-14"))),
    "strange matter": ("not-found", [], replace(RECEIVE, person=True, matter=Matter("TR"))),
    "other lead": (
        "idempotency-conflict", RECEIVED, replace(RECEIVE, agency_code=AgencyCode("CGW")),
    ),
    "alone": ("two-officers-required", RECEIVED, replace(FILE, certified=frozenset({p.ONE}))),
    "nobody": ("filing-standard-unmet", RECEIVED, replace(FILE, subjects=(), parties=())),
    "outside": ("filing-standard-unmet", RECEIVED, replace(FILE, place_inside=False)),
    "nowhere": (
        "filing-standard-unmet", after(LEAD, [], replace(RECEIVE, location=None)), FILE,
    ),
    "to come": ("filing-standard-unmet", RECEIVED, replace(FILE, act_date=date(2026, 4, 16))),
    "backwards": (
        "filing-standard-unmet", RECEIVED, replace(FILE, act_end_date=date(2026, 2, 1)),
    ),
    "not theirs": ("no-power", RECEIVED, replace(FILE, owned=False)),
    "long ago": ("time-barred", RECEIVED, replace(FILE, act_date=date(2024, 4, 7))),
    "other case": ("idempotency-conflict", RECEIVED, replace(FILE, case_taken=True)),
    "twice": ("out-of-turn", FILED, replace(FILE, case_id=CaseId(p.LEAD))),
}  # fmt: skip

ITEM = SeizedItem(
    item_id=UUID("88888888-8888-7888-8888-000000000001"),
    name="stall",
    kind="GOODS",
    quantity="40 kg",
)
SEIZE = ImposeCoerciveMeasure(
    coercion_id=CoercionId(UUID("88888888-8888-7888-8888-888888888888")),
    lead_id=p.LEAD,
    case_id=None,
    agency_code=p.GZJ,
    power_item_code=PowerItemCode("P-FOOD-04"),
    kind="SEIZE",
    items=(ITEM,),
    legal_basis=p.BASIS,
    urgent=True,
    approver=None,
    manifest=p.WHOLE,
    officers=(p.ONE, p.TWO),
    at=p.on("05-11", 11),
    certified=TWO,
    may_seize=True,
    under=True,
    subjects=(p.SUBJECT,),
)
APPROVE = ApproveCoerciveMeasure(
    coercion_id=SEIZE.coercion_id, approver=p.HEAD, at=p.on("05-12", 9)
)
TESTED = ExtendCoerciveMeasure(
    coercion_id=SEIZE.coercion_id,
    because=ExtendedBecause.TEST_EXCLUDED,
    approver=None,
    at=p.on("05-26"),
    paused_from=date(2026, 5, 13),
    paused_until=date(2026, 5, 26),
)
EXTEND = ExtendCoerciveMeasure(
    coercion_id=SEIZE.coercion_id,
    because=ExtendedBecause.EXTENSION,
    approver=p.HEAD,
    at=p.on("06-08"),
)
LIFT = LiftCoerciveMeasure(
    coercion_id=SEIZE.coercion_id,
    ground=ReasonCode("HANDED_TO_POLICE"),
    returned=("all of it",),
    on=date(2026, 6, 4),
)
SEIZED = after(COERCION, [], SEIZE)
APPROVED = after(COERCION, SEIZED, APPROVE)
LONGER = after(COERCION, APPROVED, TESTED)
LIFTED = after(COERCION, LONGER, LIFT)
EXTENDED = after(COERCION, LONGER, EXTEND)

COERCION_REFUSALS: dict[str, tuple[str, list[CoercionEvent], CoercionCommand]] = {
    "alone": ("two-officers-required", [], replace(SEIZE, certified=frozenset({p.ONE}))),
    "no law": ("no-power", [], replace(SEIZE, may_seize=False)),
    "can wait": ("approval-missing", [], replace(SEIZE, urgent=False)),
    "under nothing": ("not-found", [], replace(SEIZE, under=False)),
    "a bed": ("seizure-not-allowed", [], replace(SEIZE, items=(replace(ITEM, kind="NECESSITY"),))),
    "taken": ("seizure-not-allowed", [], replace(SEIZE, taken=frozenset({ITEM.item_id}))),
    "not filmed": ("record-incomplete", [], replace(SEIZE, manifest=Manifest())),
    "other measure": (
        "idempotency-conflict", SEIZED, replace(SEIZE, agency_code=AgencyCode("CGW")),
    ),
    "approved": (
        "out-of-turn", APPROVED, replace(APPROVE, approver=PersonId("GZJ/deputy-1")),
    ),
    "over": ("seizure-expired", LONGER, replace(EXTEND, at=p.on("06-24"))),
    "twice": ("seizure-expired", EXTENDED, replace(EXTEND, at=p.on("06-20"))),
    "not over yet": (
        "out-of-turn", SEIZED,
        replace(LIFT, ground=ReasonCode("EXPIRED"), on=date(2026, 6, 10)),
    ),
    "no ground": ("reason-not-listed", SEIZED, replace(LIFT, ground=ReasonCode("KINDNESS"))),
    "gone": ("out-of-turn", LIFTED, EXTEND),
}  # fmt: skip

TOWN = AgencyCode("ST-120116157")
RAISE = RaiseJurisdictionDispute(
    jurisdiction_id=JurisdictionId(UUID("88888888-8888-7888-8888-000000000002")),
    agency_code=p.GZJ,
    agencies=(p.GZJ, TOWN),
    handoff_id=None,
    case_id=None,
    power_item_code=PowerItemCode("P-LAND-01"),
    grounds="each holds the other competent",
    matter=Matter("TR"),
    at=p.on("04-10", 16),
    matter_open=True,
)
OURS = AgreeJurisdiction(
    jurisdiction_id=RAISE.jurisdiction_id,
    agency_code=p.GZJ,
    designated=p.GZJ,
    at=p.on("04-13"),
    owned=True,
)
THEIRS = replace(OURS, agency_code=TOWN)
RAISED = after(JURISDICTION, [], RAISE)
HALF = after(JURISDICTION, RAISED, OURS)
AGREED = after(JURISDICTION, HALF, THEIRS)

DISPUTE_REFUSALS: dict[str, tuple[str, list[JurisdictionEvent], Any]] = {
    "no matter": ("not-found", [], replace(RAISE, matter_open=False)),
    "one": ("request-malformed", [], replace(RAISE, agencies=(p.GZJ, p.GZJ))),
    "others": ("request-malformed", [], replace(RAISE, agencies=(TOWN, AgencyCode("CGW")))),
    "other dispute": ("idempotency-conflict", RAISED, replace(RAISE, agencies=(TOWN, p.GZJ))),
    "powerless": ("no-power", RAISED, replace(OURS, owned=False)),
    "settled": ("out-of-turn", AGREED, replace(THEIRS, designated=TOWN)),
}

CANDIDATES = tuple(str(UUID(int=number)) for number in range(100))
WITNESS = "enforcement/7"
CHOSEN = drawn(seed_of("nonce", WITNESS), CANDIDATES, 3)
DRAW = DrawInspection(
    inspection_id=InspectionId(UUID("88888888-8888-7888-8888-000000000003")),
    plan_no="2026-1",
    agency_code=p.GZJ,
    subject=replace(p.SUBJECT, subject_id=UUID(CHOSEN[0])),
    candidates=CANDIDATES,
    count=3,
    nonce="nonce",
    witness=WITNESS,
    purpose=InspectionPurpose.PLAN,
    source_ref=None,
    at=p.on("06-01"),
    officers=tuple(
        Officer(officer_id=one, certificate_no=CertificateNo(f"NO-{one}"))
        for one in (p.ONE, p.TWO, p.THREE)
    ),
    witnessed=True,
)
INSPECT = CompleteInspection(
    inspection_id=DRAW.inspection_id,
    agency_code=p.GZJ,
    result=InspectionResult.NORMAL,
    power_item_code=None,
    text="all in order",
    manifest=p.WHOLE,
    officers=(p.ONE, p.TWO),
    at=p.on("06-03"),
    certified=TWO,
)
DRAWN = after(INSPECTION, [], DRAW)
COMPLETED = after(INSPECTION, DRAWN, INSPECT)

INSPECTION_REFUSALS: dict[str, tuple[str, list[InspectionEvent], Any]] = {
    "chosen by hand": (
        "draw-not-reproducible", [],
        replace(DRAW, subject=replace(p.SUBJECT, subject_id=UUID(int=999))),
    ),
    "other seed": ("draw-not-reproducible", [], replace(DRAW, nonce="a better one")),
    "no witness": ("draw-not-reproducible", [], replace(DRAW, witnessed=False)),
    "one officer": ("certificate-invalid", [], replace(DRAW, officers=DRAW.officers[:1])),
    "other draw": ("idempotency-conflict", DRAWN, replace(DRAW, nonce="other")),
    "another's draw": ("idempotency-conflict", DRAWN, replace(DRAW, agency_code=AgencyCode("CGW"))),
    "alone": ("two-officers-required", DRAWN, replace(INSPECT, certified=frozenset({p.ONE}))),
    "no record": ("record-incomplete", DRAWN, replace(INSPECT, manifest=Manifest())),
    "of what": (
        "request-malformed", DRAWN, replace(INSPECT, result=InspectionResult.LEAD_RAISED),
    ),
    "otherwise": (
        "out-of-turn", COMPLETED, replace(INSPECT, result=InspectionResult.NOT_FOUND),
    ),
}  # fmt: skip

ALL: dict[str, tuple[Any, str, list[Any], Any]] = {
    f"{stream.stream}: {name}": (stream, *row)
    for stream, rows in (
        (LEAD, LEAD_REFUSALS),
        (COERCION, COERCION_REFUSALS),
        (JURISDICTION, DISPUTE_REFUSALS),
        (INSPECTION, INSPECTION_REFUSALS),
    )
    for name, row in rows.items()
}


@pytest.mark.parametrize(("stream", "rule", "events", "command"), ALL.values(), ids=ALL)
def test_a_rule_says_no(stream: Any, rule: str, events: list[Any], command: Any) -> None:
    with refused(rule):
        given(stream, *events).when(command)


@pytest.mark.parametrize(
    ("stream", "command"),
    [(LEAD, FILE), (COERCION, APPROVE), (JURISDICTION, OURS), (INSPECTION, INSPECT)],
)
def test_nothing_can_be_asked_of_what_is_not_there(stream: Any, command: Any) -> None:
    with pytest.raises(NotFound):
        given(stream).when(command)


THEIRS_TO_ASK: list[tuple[Any, list[Any], Any]] = [
    (LEAD, RECEIVED, FILE),
    (COERCION, SEIZED, APPROVE),
    (JURISDICTION, RAISED, OURS),
    (INSPECTION, DRAWN, INSPECT),
    (cases(RULES), p.OPENED, p.STEP),
]


@pytest.mark.parametrize(
    ("decider", "past", "command"), THEIRS_TO_ASK, ids=[one.stream for one, _, _ in THEIRS_TO_ASK]
)
def test_of_what_is_another_agencys_nobody_hears(
    decider: Any, past: list[Any], command: Any
) -> None:
    """Judged under the lock, in one way for every stream: `not-found`, as for what is not there."""
    state = decider.fold(past)
    assert decider.hides(command, state, caller("CGW"))
    assert not decider.hides(command, state, caller(p.GZJ))


class TestLeads(AllTheRules):
    decider = LEAD
    commands = (RECEIVE, FILE)
    pasts = ([], RECEIVED, FILED)
    events = LeadEvent


class TestCoercions(AllTheRules):
    decider = COERCION
    commands = (SEIZE, APPROVE, TESTED, EXTEND, LIFT)
    pasts = ([], SEIZED, APPROVED, LONGER, LIFTED, EXTENDED)
    events = CoercionEvent


class TestJurisdictions(AllTheRules):
    decider = JURISDICTION
    commands = (RAISE, OURS, THEIRS)
    pasts = ([], RAISED, HALF, AGREED)
    events = JurisdictionEvent


class TestInspections(AllTheRules):
    decider = INSPECTION
    commands = (DRAW, INSPECT)
    pasts = ([], DRAWN, COMPLETED)
    events = InspectionEvent
