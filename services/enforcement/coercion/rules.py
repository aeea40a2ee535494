"""The rules of a coercive measure: seized by right, for a term and once another, and lifted.

Source: 行政强制法 16-28; docs/domain/enforcement.md.
"""

from dataclasses import replace
from datetime import date
from typing import Final, TypeAlias, assert_never

from libs.contracts.enforcement import (
    CoercionEvent,
    CoerciveMeasureApproved,
    CoerciveMeasureExtended,
    CoerciveMeasureImposed,
    CoerciveMeasureLifted,
    ExtendedBecause,
)
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Context, Decider, Hidden, NotFound, Refused, State
from libs.statute.calendar import Pause
from libs.statute.rulebook import Rulebook
from services.enforcement.coercion.commands import (
    ApproveCoerciveMeasure,
    CoercionCommand,
    ExtendCoerciveMeasure,
    ImposeCoerciveMeasure,
    LiftCoerciveMeasure,
)

TERM: Final = "ENF.SEIZE.TERM"
EXTENSION: Final = "ENF.SEIZE.EXT"
REPORT: Final = "ENF.SEIZE.URGENT_REPORT"
NECESSITY: Final = "NECESSITY"
LISTED: Final = "lift-ground"
EXPIRED: Final = "EXPIRED"
STEP: Final = "SEIZURE"


class Coercion(State):
    """`pauses` are the days that a test took; they count in no seizure."""

    imposed: CoerciveMeasureImposed
    expires_on: date
    approved: CoerciveMeasureApproved | None = None
    pauses: tuple[Pause, ...] = ()
    extended: bool = False
    lifted: CoerciveMeasureLifted | None = None


AnyCoercion: TypeAlias = Nothing | Coercion


def decide(rules: Rulebook, command: CoercionCommand, coercion: AnyCoercion) -> list[CoercionEvent]:
    if isinstance(coercion, Nothing):
        if isinstance(command, ImposeCoerciveMeasure):
            return [impose(rules, command)]
        raise NotFound(
            "There is no coercive measure {coercion_id}", coercion_id=command.coercion_id
        )
    if isinstance(command, ImposeCoerciveMeasure):
        if imposed_so(command, coercion.imposed):
            return []
        raise Refused(
            "idempotency-conflict", "This id already names another measure: make a new one"
        )
    match command:
        case LiftCoerciveMeasure():
            return lift(rules, command, coercion)
        case _ if coercion.lifted is not None and not by_itself(command):
            raise Refused("out-of-turn", "The measure is lifted already")
        case ApproveCoerciveMeasure():
            return approve(command, coercion)
        case ExtendCoerciveMeasure():
            return [] if coercion.lifted else extend(rules, command, coercion)
        case _:
            assert_never(command)


def by_itself(command: CoercionCommand) -> bool:
    """Whether nobody asks, but something that happened: it may find the measure lifted."""
    return isinstance(command, ExtendCoerciveMeasure) and (
        command.because is ExtendedBecause.TEST_EXCLUDED
    )


def imposed_so(command: ImposeCoerciveMeasure, imposed: CoerciveMeasureImposed) -> bool:
    return (command.lead_id, command.case_id, command.agency_code) == (
        imposed.lead_id, imposed.case_id, imposed.agency_code,
    ) and imposed.items in (command.items, Hidden.ERASED, Hidden.WITHHELD)  # fmt: skip


def impose(rules: Rulebook, command: ImposeCoerciveMeasure) -> CoerciveMeasureImposed:
    """Two officers, a law, the head's word unless it cannot wait, and all of it filmed: 16-24."""
    least = rules.limit("ENF.OFFICERS.MIN", command.at)
    if len(command.certified) < least:
        raise Refused(
            "two-officers-required",
            "{least} officers with a certificate in force must sign",
            least=least,
            basis="行政强制法 18(2); 行政处罚法 42",
        )
    if not command.may_seize:
        raise Refused("no-power", "No law lets the agency seize under this item",
                      basis="行政强制法 10, 17")  # fmt: skip
    if command.approver is None and not command.urgent:
        raise Refused("approval-missing", "The head's signature (`head_signature`) is missing",
                      basis="行政强制法 18(1), 19")  # fmt: skip
    if not command.under:
        raise NotFound("There is no such lead or case of your agency")
    require_items(command)
    missing = [one for one in rules.records[STEP].needs if not getattr(command.manifest, one)]
    if missing:
        raise Refused(
            "record-incomplete",
            "A seizure needs {missing} on file",
            missing=missing,
            basis="行政强制法 18(7); 行政处罚法 47",
        )
    on = rules.day(command.at)
    unapproved = command.approver is None
    return CoerciveMeasureImposed(
        coercion_id=command.coercion_id,
        lead_id=command.lead_id,
        case_id=command.case_id,
        agency_code=command.agency_code,
        subjects=command.subjects,
        kind=command.kind,
        items=command.items,
        legal_basis=command.legal_basis,
        urgent=command.urgent,
        approver=command.approver,
        due_at=rules.due(REPORT, command.at) if unapproved else None,
        imposed_on=on,
        expires_on=rules.last_day(TERM, on),
        rule_codes=(*((REPORT,) if unapproved else ()), TERM),
        rule_pack_version=rules.version,
    )


def require_items(command: ImposeCoerciveMeasure) -> None:
    """What somebody needs to live is not seized, and nothing twice: 23."""
    if not command.items or not command.legal_basis:
        raise Refused("request-malformed", "Say what is seized, and by which law")
    needed = [one.name for one in command.items if one.kind == NECESSITY]
    taken = [one.name for one in command.items if one.item_id in command.taken]
    if needed or taken:
        raise Refused(
            "seizure-not-allowed",
            "What a person needs to live is not seized: {items}"
            if needed
            else "These items are seized already: {items}",
            items=needed or taken,
            basis="行政强制法 23",
        )


def approve(command: ApproveCoerciveMeasure, coercion: Coercion) -> list[CoercionEvent]:
    """Afterwards, what could not wait: 19. Late is on record as late."""
    if coercion.approved is not None and coercion.approved.approver == command.approver:
        return []
    if coercion.imposed.due_at is None or coercion.approved is not None:
        raise Refused("out-of-turn", "The measure is approved already")
    return [
        CoerciveMeasureApproved(
            coercion_id=command.coercion_id,
            approver=command.approver,
            at=command.at,
            on_time=command.at <= coercion.imposed.due_at,
        )
    ]


def extend(
    rules: Rulebook, command: ExtendCoerciveMeasure, coercion: Coercion
) -> list[CoercionEvent]:
    """Once, before it is over: 25. What a test took is added by itself, and is no extension."""
    pauses, extended = coercion.pauses, coercion.extended
    if command.because is ExtendedBecause.TEST_EXCLUDED:
        assert command.paused_from is not None
        assert command.paused_until is not None
        pauses = (*pauses, Pause(command.paused_from, command.paused_until))
        if pauses[-1] in coercion.pauses:
            return []
    else:
        if extended or rules.day(command.at) > coercion.expires_on:
            raise Refused(
                "seizure-expired",
                "The measure was extended once already"
                if extended
                else "The measure was over on {expires_on}",
                expires_on=coercion.expires_on,
                basis="行政强制法 25",
            )
        extended = True
    until = expiry(rules, coercion.imposed.imposed_on, pauses, extended=extended)
    if until == coercion.expires_on:
        return []
    event = CoerciveMeasureExtended(
        coercion_id=command.coercion_id,
        because=command.because,
        agency_code=coercion.imposed.agency_code,
        subjects=coercion.imposed.subjects,
        new_expires_on=until,
        approver=command.approver,
        paused_from=command.paused_from,
        paused_until=command.paused_until,
        rule_code=TERM if command.because is ExtendedBecause.TEST_EXCLUDED else EXTENSION,
        rule_pack_version=rules.version,
    )
    return [event]


def expiry(rules: Rulebook, imposed_on: date, pauses: tuple[Pause, ...], *, extended: bool) -> date:
    """Its term, once another, and the days that a test took, merged where they overlap."""
    start = rules.calendar.midnight(imposed_on)
    days = rules.in_force(TERM, imposed_on).value
    if extended:
        days += rules.in_force(EXTENSION, imposed_on).value
    due = rules.run(days, "CD", start, pauses).due
    return rules.calendar.day_before(due)


def lift(rules: Rulebook, command: LiftCoerciveMeasure, coercion: Coercion) -> list[CoercionEvent]:
    """On a listed ground, at the latest when it is over: 28. What is lifted stays so."""
    if coercion.lifted is not None:
        return []
    if rules.needs(LISTED, command.ground) is None:
        raise Refused(
            "reason-not-listed",
            "{ground} is not a listed ground to lift a measure",
            ground=command.ground,
            field="ground",
        )
    if command.ground == EXPIRED and command.on <= coercion.expires_on:
        raise Refused(
            "out-of-turn",
            "The measure runs until {expires_on}",
            expires_on=coercion.expires_on,
            basis="行政强制法 25",
        )
    items = coercion.imposed.items
    returned = command.returned
    if not isinstance(returned, Hidden) and not returned:
        returned = items if isinstance(items, Hidden) else tuple(str(o.item_id) for o in items)
    return [
        CoerciveMeasureLifted(
            coercion_id=command.coercion_id, ground=command.ground, returned=returned
        )
    ]


def evolve(coercion: AnyCoercion, event: CoercionEvent) -> Coercion:
    if isinstance(coercion, Nothing):
        if not isinstance(event, CoerciveMeasureImposed):
            raise AssertionError(f"{event.event_type} cannot be the first")
        return Coercion(imposed=event, expires_on=event.expires_on)
    match event:
        case CoerciveMeasureApproved():
            return replace(coercion, approved=event)
        case CoerciveMeasureExtended():
            coercion = replace(coercion, expires_on=event.new_expires_on)
            if event.paused_from is None or event.paused_until is None:
                return replace(coercion, extended=True)
            pause = Pause(event.paused_from, event.paused_until)
            return replace(coercion, pauses=(*coercion.pauses, pause))
        case CoerciveMeasureLifted():
            return replace(coercion, lifted=event)
        case _:
            raise AssertionError(f"{event.event_type} is always the first")


def owned(coercion: AnyCoercion, caller: Context) -> bool:
    return isinstance(coercion, Coercion) and coercion.imposed.agency_code == caller.agency


def decider(rules: Rulebook) -> Decider[CoercionCommand, AnyCoercion, CoercionEvent]:
    return build_decider(
        "coercion",
        decide,
        evolve,
        rules,
        key="coercion_id",
        owned=owned,
        opens=(ImposeCoerciveMeasure,),
    )
