"""Offering a handoff, delivering it, giving it to another. Source: docs/domain/exchange.md."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final, assert_never
from uuid import UUID

from libs.contracts.enforcement import Ground, ReconOutcome, ReconProcedure
from libs.contracts.exchange import (
    ClosedBecause,
    DeliveryMode,
    DueAts,
    HandoffArbitrated,
    HandoffClosed,
    HandoffDelivered,
    HandoffEvent,
    HandoffOffered,
    HandoffReassigned,
)
from libs.contracts.vocabulary import HandoffNo, Kind, Role
from libs.events.core.kernel import NEXT, Hidden, NotFound, Refused
from libs.statute.numbering import Unnumbered, document_number
from libs.statute.rulebook import BodyField, HandoffKind, Rulebook
from services.exchange.handoff.commands import (
    ArbitrateHandoff,
    DeliverHandoff,
    OfferHandoff,
    OfferingCommand,
    ReassignHandoff,
    Receiver,
)
from services.exchange.handoff.rules.state import Handoff, Stage

SENDER: Final = "SENDER"
DELIVERED: Final = "DELIVERED"
# What a person may offer; all else follows from what a service has decided.
BY_PERSONS: Final = (Kind.ASSIST, Kind.JOINT, Kind.CRIMINAL_RETURN, Kind.REMEDY)
# Who may offer what: the agencies to one another, the outside bodies what they have decided.
OFFERED_BY: Final = {
    Kind.ASSIST: (Role.AGENCY_HANDLER,),
    Kind.JOINT: (Role.AGENCY_HANDLER,),
    Kind.CRIMINAL_RETURN: (Role.EXT_POLICE, Role.EXT_PROCURATOR, Role.EXT_COURT),
    Kind.REMEDY: (Role.RECON_OFFICER, Role.EXT_COURT),
}
# What a remedy may come to: 行政复议法 62-69.
STAGES: Final = frozenset({"RECON_FILED", "RECON_ACCEPTED", "RECON_DECIDED"})
DECIDED: Final = "RECON_DECIDED"
OUTCOMES: Final = frozenset(ReconOutcome)
PROCEDURES: Final = frozenset(ReconProcedure)
GROUNDS: Final = frozenset(Ground)

# These of the body's fields name several.
LISTS: Final = frozenset({"agencies"})

TEXTS: Final = frozenset({"number", "code", "enum", "text", "reference", "hash"})


def decide(rules: Rulebook, command: OfferingCommand, handoff: Handoff) -> list[HandoffEvent]:
    match command, handoff.stage:
        case OfferHandoff(), _ if repeats(command, handoff.offered):
            return []
        case OfferHandoff(), _:
            raise Refused(
                "idempotency-conflict", "This id already names another handoff: make a new one"
            )
        case DeliverHandoff(), Stage.OFFERED:
            return deliver(rules, command, handoff)
        case DeliverHandoff(), _:
            return []
        case ReassignHandoff(), stage if stage is not Stage.CLOSED:
            return reassign(command, handoff)
        case ArbitrateHandoff(), Stage.RETURNED | Stage.FED_BACK:
            return arbitrate(rules, command, handoff)
        case ArbitrateHandoff(), Stage.ACCEPTED if handoff.bound and (
            command.to_agency == handoff.to_agency
        ):
            return []
        case ArbitrateHandoff(), stage if stage is not Stage.CLOSED:
            raise Refused(
                "arbitration-not-due",
                "The handoff has not been returned often enough: arbitration is not due yet",
            )
        case ((ReassignHandoff() | ArbitrateHandoff()), stage):
            asked = type(command).__name__
            raise Refused(
                "out-of-turn",
                "{asked} does not apply to a handoff in the state {stage}",
                asked=asked,
                stage=stage,
            )
        case _:
            assert_never(command)


def repeats(command: OfferHandoff, offered: HandoffOffered) -> bool:
    return (
        command.kind == offered.kind
        and command.from_agency == offered.from_agency
        and command.to_agency == offered.to_agency
        and command.source_ref == offered.source_ref
        and offered.body in (command.body, Hidden.ERASED, Hidden.WITHHELD)
    )


def offer(rules: Rulebook, command: OfferHandoff) -> HandoffOffered:
    """To somebody who takes part, on terms that stand, and nothing that it may not see."""
    kind = rules.kinds.get(command.kind)
    if kind is None:
        raise Refused(
            "schema-invalid",
            "There is no kind of handoff {kind}",
            kind=command.kind,
            paths=["kind"],
        )
    require_person(command)
    fields = rules.bodies.get(kind.body, ())
    require_schema(command.body, fields)
    if len(written(command.body)) > rules.limit("EXC.BODY.MAX", command.at):
        raise Refused(
            "payload-too-large",
            "The body is too large: send files by reference and digest",
            field="body",
        )
    level = highest(command.body, fields)
    require_receiver(command.receiver, command.to_agency, level)
    due_ats, codes = terms(rules, kind, command)
    return HandoffOffered(
        handoff_id=command.handoff_id,
        handoff_no=HandoffNo(NEXT),
        kind=command.kind,
        copy=command.copy,
        from_service=command.from_service,
        from_agency=command.from_agency,
        to_agency=command.to_agency,
        lead=command.lead,
        group_id=command.group_id,
        source_ref=command.source_ref,
        subject_refs=command.subject_refs,
        purpose=command.purpose or kind.name_zh,
        basis=command.basis,
        body=command.body,
        body_hash=sha256(written(command.body)).hexdigest(),
        privacy_class=level,
        result_needs=kind.result_needs,
        due_ats=due_ats,
        rule_codes=codes,
        rule_pack_version=rules.version,
    )


def require_person(command: OfferHandoff) -> None:
    """A person offers an assistance or a joint action, of a matter that is theirs to see."""
    if not command.person:
        return None
    if command.kind not in BY_PERSONS or command.role not in OFFERED_BY[command.kind]:
        raise Refused(
            "not-sender",
            "The role {role} does not offer handoffs of kind {kind}",
            kind=command.kind,
            role=command.role or "you",
        )
    if command.kind == Kind.REMEDY:
        return require_remedy(command)
    if command.kind == Kind.CRIMINAL_RETURN:
        if command.role != Role.EXT_COURT and not command.was_sent:
            raise Refused("not-sender", "The criminal case was not sent to your agency")
        return None
    if command.matter is None or not command.matter_open:
        raise NotFound("There is no such matter that is open to you")
    if command.source_ref != command.matter_source:
        raise NotFound("{source_ref} does not belong to this matter", source_ref=command.source_ref)
    if command.kind == Kind.JOINT and not command.matter_held:
        raise Refused(
            "not-receiver", "Only who holds the place or the matter may call others to it"
        )
    return None


def require_remedy(command: OfferHandoff) -> None:
    """Of a decision that is known here, with a stage and an outcome that the law knows."""
    if isinstance(command.body, Hidden):
        return
    try:
        document_number(str(command.body.get("decision_no")))
    except Unnumbered as strange:
        wrong = [f"body.decision_no: {strange}"]
        raise Refused(
            "schema-invalid", "The decision number has no known form", paths=wrong
        ) from strange
    if not command.known_decision:
        raise NotFound(
            "There is no decision {decision_no} that has been served",
            decision_no=command.body.get("decision_no"),
        )
    stage, outcome = command.body.get("stage"), command.body.get("outcome")
    if stage not in STAGES:
        raise Refused("outcome-invalid", "There is no such stage of a remedy", known=sorted(STAGES))
    if (stage == DECIDED) is (outcome not in OUTCOMES):
        raise Refused(
            "outcome-invalid", "There is no such outcome for this kind", known=sorted(OUTCOMES)
        )
    wrong = [
        f"body.{name}: one of {', '.join(sorted(known))}"
        for name, known in (("procedure", PROCEDURES), ("ground", GROUNDS))
        if command.body.get(name) not in (None, *known)
    ]
    if outcome == ReconOutcome.MODIFIED and not command.body.get("amount_fen"):
        wrong.append("body.amount_fen: missing")
    if wrong:
        raise Refused(
            "schema-invalid", "The body does not fit the schema of this kind", paths=wrong
        )


def require_receiver(receiver: Receiver, agency: str, level: str) -> None:
    """Refused only where there is no duty basis; anything below that is filtered when read."""
    if not receiver.known:
        raise Refused("agency-unknown", "There is no agency {agency}", agency=agency)
    if not receiver.active:
        raise Refused("agency-suspended", "The agency {agency} is suspended", agency=agency)
    if receiver.max_class is None:
        raise Refused(
            "contract-expired",
            "{agency} has no data-sharing contract in force for this kind",
            agency=agency,
        )
    if level > receiver.max_class:
        raise Refused(
            "field-not-allowed",
            "{agency} may see up to class {max_class} only",
            agency=agency,
            max_class=receiver.max_class,
        )


def require_schema(body: Mapping[str, Any] | Hidden, fields: Sequence[BodyField]) -> None:
    if isinstance(body, Hidden):
        return
    known = {one.name: one for one in fields}
    wrong = [f"body.{name}: not known" for name in body if name not in known]
    for one in known.values():
        value = body.get(one.name)
        if value is None and one.required:
            wrong.append(f"body.{one.name}: missing")
        elif value is not None and not (
            fits(value, one.type) and (one.name not in LISTS or isinstance(value, list | tuple))
        ):
            wrong.append(f"body.{one.name}: no {one.type}")
    if wrong:
        raise Refused(
            "schema-invalid", "The body does not fit the schema of this kind", paths=wrong
        )


def fits(value: Any, kind: str) -> bool:
    """Whether a value is of a type of the payload dictionary (docs/domain/exchange.md)."""
    if kind in TEXTS:
        codes = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        return isinstance(value, str) or codes
    parse: dict[str, Callable[[Any], object]] = {
        "uuid": UUID,
        "instant": aware,
        "date": date.fromisoformat,
    }
    if kind in parse:
        try:
            parse[kind](value)
        except (ValueError, TypeError, AttributeError):
            return False
        return True
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "fen":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, Mapping | list | tuple)


def aware(text: str) -> datetime:
    """An instant says in which zone it is."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at


def highest(body: Mapping[str, Any] | Hidden, fields: Sequence[BodyField]) -> str:
    """The highest class of what the body holds."""
    if isinstance(body, Hidden):
        return max((one.level for one in fields), default="P1")
    return max((one.level for one in fields if body.get(one.name) is not None), default="P1")


def written(body: Mapping[str, Any] | Hidden) -> bytes:
    """One way to write a body, for its digest and its length."""
    if isinstance(body, Hidden):
        return b""
    return json.dumps(
        body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
    ).encode()


def terms(
    rules: Rulebook, kind: HandoffKind, command: OfferHandoff
) -> tuple[DueAts, tuple[str, ...]]:
    """By when: as the sender says, or by the rules of the kind that run from the offer."""
    if SENDER in (kind.receipt, kind.accept, kind.result):
        return command.due_ats or DueAts(), command.rule_codes
    named = {
        "receipt": kind.receipt,
        "accept": kind.accept,
        "result": kind.result if kind.result_from == "OFFERED" else "",
    }
    codes = {name: code for name, code in named.items() if code and not command.copy}
    due = {name: rules.due(code, command.at) for name, code in codes.items()}
    return DueAts(**due), tuple(codes.values())


def deliver(rules: Rulebook, command: DeliverHandoff, handoff: Handoff) -> list[HandoffEvent]:
    """There to be fetched at once; where it is pushed, only when it has been."""
    mode = command.receiver.mode
    if mode is DeliveryMode.KAFKA_MIRROR and not command.by_deliverer:
        return []
    delivered = HandoffDelivered(
        handoff_id=command.handoff_id,
        attempt=handoff.deliveries + 1,
        mode=mode if command.by_deliverer else DeliveryMode.PULL,
        at=command.at,
    )
    if handoff.offered.copy or rules.kinds[handoff.kind].closes_on == DELIVERED:
        closed = HandoffClosed(
            handoff_id=command.handoff_id, closed_because=ClosedBecause.DELIVERED, on_time=None
        )
        return [delivered, closed]
    return [delivered]


def reassign(command: ReassignHandoff, handoff: Handoff) -> list[HandoffEvent]:
    """A new receiver, or the same one with a new clock."""
    same = command.to_agency == handoff.to_agency and command.due_ats == handoff.due_ats
    if same and handoff.stage in (Stage.OFFERED, Stage.DELIVERED):
        return []
    require_receiver(command.receiver, command.to_agency, handoff.offered.privacy_class)
    event = HandoffReassigned(
        handoff_id=command.handoff_id,
        kind=handoff.kind,
        source_ref=handoff.offered.source_ref,
        from_agency=handoff.offered.from_agency,
        to_agency=command.to_agency,
        lead=handoff.offered.lead,
        because=command.because,
        returns_count=handoff.returns,
        body=handoff.body,
        privacy_class=handoff.offered.privacy_class,
        due_ats=command.due_ats,
        rule_codes=command.rule_codes,
        rule_pack_version=command.rule_pack_version,
    )
    return [event]


def arbitrate(rules: Rulebook, command: ArbitrateHandoff, handoff: Handoff) -> list[HandoffEvent]:
    """When it went round, or failed, as often as is allowed. It binds, and its term runs anew."""
    rounds = handoff.returns >= rules.limit("GRID.RETURN.MAX", command.at)
    failed = handoff.fails >= rules.limit("GRID.CHECK.FAILS", command.at)
    if not rounds and not failed:
        raise Refused(
            "arbitration-not-due",
            "The handoff was returned {returns} times: arbitration is not due yet",
            returns=handoff.returns,
        )
    if not command.receiver.known or not command.receiver.active:
        raise Refused(
            "agency-suspended",
            "The agency {to_agency} is not registered or not active",
            to_agency=command.to_agency,
        )
    code = handoff.result_rule
    due = handoff.due_ats.result
    if code is not None and rules.in_force(code, rules.day(command.at)).unit != "BOOL":
        due = rules.due(code, command.at)
    event = HandoffArbitrated(
        handoff_id=command.handoff_id,
        kind=handoff.kind,
        source_ref=handoff.offered.source_ref,
        to_agency=command.to_agency,
        lead=handoff.offered.lead,
        decided_by=command.decided_by,
        basis=command.basis,
        body=handoff.body,
        result_due_at=due,
        rule_code=code,
        rule_pack_version=rules.version if code else None,
    )
    return [event]
