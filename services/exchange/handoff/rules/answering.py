"""What a receiver does with a handoff: signs, accepts or returns, works, feeds back.

Source: docs/domain/exchange.md.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, assert_never

from libs.contracts.exchange import (
    ClosedBecause,
    DeliveryMode,
    HandoffAccepted,
    HandoffClosed,
    HandoffDelivered,
    HandoffEvent,
    HandoffFedBack,
    HandoffProgressed,
    HandoffReturned,
    HandoffSigned,
)
from libs.contracts.vocabulary import Media
from libs.events.core.kernel import Hidden, Refused
from libs.statute.geodesy import metres
from libs.statute.rulebook import HandoffKind, Rulebook
from services.exchange.handoff.commands import (
    AcceptHandoff,
    AnsweringCommand,
    FeedBackHandoff,
    ProgressHandoff,
    ReturnHandoff,
    SignHandoff,
)
from services.exchange.handoff.rules.state import AT_WORK, Handoff, Stage

DONE: Final = frozenset({"SOLVED", "PARTLY"})


def decide(rules: Rulebook, command: AnsweringCommand, handoff: Handoff) -> list[HandoffEvent]:
    if command.agency_code != handoff.to_agency:
        raise Refused(
            "not-receiver", "The handoff is with {to_agency}", to_agency=handoff.to_agency
        )
    kind = rules.kinds[handoff.kind]
    match command, handoff.stage:
        case SignHandoff(), Stage.OFFERED | Stage.DELIVERED:
            return sign(rules, kind, command, handoff)
        case SignHandoff(), _:
            raise Refused("already-signed", "The handoff has been signed for already")
        case AcceptHandoff(), _ if not kind.known_acceptance:
            raise Refused(
                "kind-without-acceptance",
                "A handoff of kind {kind} is signed for and not accepted",
                kind=kind.kind,
            )
        case AcceptHandoff(), Stage.SIGNED:
            return [accept(rules, kind, command, handoff)]
        case ReturnHandoff(), Stage.SIGNED:
            return [give_back(rules, kind, command, handoff)]
        case ProgressHandoff(), stage if stage in AT_WORK:
            return [progress(kind, command, handoff)]
        case FeedBackHandoff(), stage if stage in AT_WORK or (
            stage is Stage.SIGNED and not kind.known_acceptance
        ):
            return answer(rules, kind, command, handoff)
        case AcceptHandoff(), stage if stage in AT_WORK:
            return []
        case (ReturnHandoff(), Stage.RETURNED) | (FeedBackHandoff(), Stage.FED_BACK):
            return []
        case ((AcceptHandoff() | ReturnHandoff() | ProgressHandoff() | FeedBackHandoff()), stage):
            asked = type(command).__name__
            raise Refused(
                "out-of-turn",
                "{asked} does not apply to a handoff in the state {stage}",
                asked=asked,
                stage=stage,
            )
        case _:
            assert_never(command)


def sign(
    rules: Rulebook, kind: HandoffKind, command: SignHandoff, handoff: Handoff
) -> list[HandoffEvent]:
    """Whoever signs it has it. Where nothing is to be answered, that is all there is."""
    events: list[HandoffEvent] = []
    if handoff.stage is Stage.OFFERED:
        events.append(
            HandoffDelivered(
                handoff_id=command.handoff_id,
                attempt=handoff.deliveries + 1,
                mode=DeliveryMode.PULL,
                at=command.at,
            )
        )
    answered = kind.closes_on != "SIGNED" and awaits_answer(kind, handoff)
    code = kind.result if answered and kind.result_from == "SIGNED" else None
    events.append(
        HandoffSigned(
            handoff_id=command.handoff_id,
            kind=handoff.kind,
            source_ref=handoff.offered.source_ref,
            agency_code=command.agency_code,
            lead=handoff.offered.lead,
            person_id=command.person_id,
            on=command.at,
            result_due_at=rules.due(code, command.at) if code else None,
            rule_code=code,
            rule_pack_version=rules.version if code else None,
        )
    )
    if not answered:
        events.append(
            HandoffClosed(
                handoff_id=command.handoff_id, closed_because=ClosedBecause.SIGNED, on_time=None
            )
        )
    return events


def awaits_answer(kind: HandoffKind, handoff: Handoff) -> bool:
    """`answer_if` names the one value of the body with which the kind is answered."""
    if not kind.answer_if:
        return True
    name, _, value = kind.answer_if.partition("=")
    return isinstance(handoff.body, Mapping) and handoff.body.get(name) == value


def accept(
    rules: Rulebook, kind: HandoffKind, command: AcceptHandoff, handoff: Handoff
) -> HandoffAccepted:
    """Before its time is over or after: what is late is on record as late."""
    code = kind.result if kind.result and kind.result_from == "ACCEPTED" else None
    return HandoffAccepted(
        handoff_id=command.handoff_id,
        kind=handoff.kind,
        source_ref=handoff.offered.source_ref,
        agency_code=command.agency_code,
        lead=handoff.offered.lead,
        group_id=handoff.offered.group_id,
        handler_id=command.handler_id,
        on=command.at,
        result_due_at=rules.due(code, command.at) if code else None,
        rule_code=code,
        rule_pack_version=rules.version if code else None,
    )


def give_back(
    rules: Rulebook, kind: HandoffKind, command: ReturnHandoff, handoff: Handoff
) -> HandoffReturned:
    """For a listed reason with what it needs, in time, and not for ever."""
    if not kind.returnable:
        raise Refused(
            "not-returnable", "A handoff of kind {kind} cannot be returned", kind=kind.kind
        )
    needs = rules.needs(f"return-{kind.kind}", command.reason)
    if needs is None:
        raise Refused(
            "return-reason-invalid",
            "{reason} is not a listed reason to return a handoff",
            reason=command.reason,
            field="reason",
        )
    given = {
        "proposed_agency": command.proposed_agency,
        "basis": command.basis,
        "text": command.text,
    }
    missing = [one for one in needs if not given.get(one)]
    if missing:
        raise Refused(
            "return-reason-incomplete",
            "The reason {reason} needs a legal basis or a proposed agency",
            reason=command.reason,
            needs=missing,
        )
    over = handoff.due_ats.accept is not None and command.at > handoff.due_ats.accept
    if over and not command.decided:
        raise Refused(
            "return-too-late", "The time to return the handoff is over", due=handoff.due_ats.accept
        )
    most = rules.limit("GRID.RETURN.MAX", command.at)
    if handoff.bound or handoff.returns >= most:
        raise Refused(
            "return-limit",
            "The handoff was arbitrated and is binding"
            if handoff.bound
            else "The handoff was returned as often as is allowed",
        )
    return HandoffReturned(
        handoff_id=command.handoff_id,
        kind=handoff.kind,
        source_ref=handoff.offered.source_ref,
        agency_code=command.agency_code,
        lead=handoff.offered.lead,
        group_id=handoff.offered.group_id,
        reason=command.reason,
        text=command.text,
        proposed_agency=command.proposed_agency,
        basis=command.basis,
        returns_count=handoff.returns + 1,
        last_allowed=handoff.returns + 1 >= most,
    )


def progress(kind: HandoffKind, command: ProgressHandoff, handoff: Handoff) -> HandoffProgressed:
    if command.progress_code not in kind.progress_codes:
        raise Refused(
            "outcome-invalid",
            "There is no such progress code for this kind",
            known=list(kind.progress_codes),
        )
    return HandoffProgressed(
        handoff_id=command.handoff_id,
        kind=handoff.kind,
        source_ref=handoff.offered.source_ref,
        agency_code=command.agency_code,
        lead=handoff.offered.lead,
        group_id=handoff.offered.group_id,
        progress_code=command.progress_code,
        text=command.text,
        media=command.media,
        location=command.location,
    )


def answer(
    rules: Rulebook, kind: HandoffKind, command: FeedBackHandoff, handoff: Handoff
) -> list[HandoffEvent]:
    """Where the sender has confirmed it before it came, it is over with that."""
    fed_back = feed_back(rules, kind, command, handoff)
    if handoff.confirmed is None:
        return [fed_back]
    closed = HandoffClosed(
        handoff_id=command.handoff_id,
        closed_because=ClosedBecause.CONFIRMED,
        on_time=in_time(command.at, handoff.result_due_at),
    )
    return [fed_back, closed]


def feed_back(
    rules: Rulebook, kind: HandoffKind, command: FeedBackHandoff, handoff: Handoff
) -> HandoffFedBack:
    """An outcome of the kind, with what it has to show for it."""
    known = list(kind.outcome_codes)
    if command.outcome_code not in known:
        raise Refused("outcome-invalid", "There is no such outcome for this kind", known=known)
    require_evidence(rules, command, handoff)
    code = kind.confirm or None
    return HandoffFedBack(
        handoff_id=command.handoff_id,
        kind=handoff.kind,
        source_ref=handoff.offered.source_ref,
        agency_code=command.agency_code,
        lead=handoff.offered.lead,
        outcome_code=command.outcome_code,
        text=command.text,
        proposed_agency=command.proposed_agency,
        power_item_code=command.power_item_code,
        files=command.files,
        media=command.media,
        handler_id=command.handler_id,
        at=command.at,
        confirm_due_at=rules.due(code, command.at) if code else None,
        rule_code=code,
        rule_pack_version=rules.version if code else None,
    )


def require_evidence(rules: Rulebook, command: FeedBackHandoff, handoff: Handoff) -> None:
    """A document; or, of what was done, a photo taken where it was done."""
    needs = handoff.offered.result_needs
    if "DOCUMENT" in needs and not command.files:
        raise Refused(
            "feedback-incomplete", "The feedback needs a document (`files`)", field="files"
        )
    if "AFTER_PHOTO" in needs and command.outcome_code in DONE:
        limit = rules.limit("GRID.DISPOSAL.PHOTO_DIST", command.at)
        if not any(near(one, handoff, limit) for one in command.media):
            raise Refused(
                "feedback-incomplete",
                "The feedback needs a photo taken within {limit} m of the place",
                limit=limit,
                field="media",
            )


def near(photo: Media, handoff: Handoff, limit: int) -> bool:
    """Where the place has no point, or is hidden, any photo passes."""
    place = handoff.body.get("location") if not isinstance(handoff.body, Hidden) else None
    if not isinstance(place, Mapping) or place.get("lon") is None or place.get("lat") is None:
        return True
    if photo.lon is None or photo.lat is None:
        return False
    return metres(photo.lon, photo.lat, place["lon"], place["lat"]) <= limit


def in_time(at: datetime, due: datetime | None) -> bool | None:
    return None if due is None else at <= due
