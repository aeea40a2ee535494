"""What several steps of a dispute ask for alike."""

from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from libs.contracts import mediation as m
from libs.contracts.vocabulary import SubjectKind
from libs.events.core.kernel import NotFound, Refused
from libs.statute.rulebook import Rulebook
from services.mediation.dispute.rules.state import Dispute

VOLUNTARY: Final = "人民调解法 17, 23"
RECORDED: Final = "人民调解法 27"
LEVELS: Final = {
    m.Level.COMMUNITY: "MED.ESCALATE.COMMUNITY",
    m.Level.STREET: "MED.ESCALATE.STREET",
}


def level_term(
    rules: Rulebook, level: m.Level, since: date
) -> tuple[str, date] | tuple[None, None]:
    """The last day on which a dispute may stay unsolved there; nobody is above the district."""
    code = LEVELS.get(level)
    return (None, None) if code is None else (code, rules.last_day(code, since))


def require_guardians(parties: Iterable[m.DisputeParty], today: date) -> None:
    """For a minor somebody else speaks: 民法典 23."""
    for one in parties:
        ref = one.subject_ref
        minor = ref.kind is SubjectKind.PERSON and ref.adult_on is not None
        if minor and ref.adult_on is not None and ref.adult_on > today and one.guardian is None:
            raise Refused(
                "guardian-required",
                "A party is a minor: name a guardian",
                field="parties",
                basis="民法典 23",
            )


def require_willing(dispute: Dispute) -> None:
    if dispute.willing:
        return
    missing = [one for one in sorted(dispute.party_ids) if not dispute.consents.get(one, False)]
    raise Refused(
        "consent-required",
        "Not all want mediation: there must be two sides, and {count} of {parties} parties have "
        "not consented",
        count=len(missing),
        parties=len(dispute.party_ids),
        missing=[str(one) for one in missing],
        basis=VOLUNTARY,
    )


def require_running(dispute: Dispute, on: date) -> None:
    """Within the term, and not while it stands still."""
    if dispute.paused_on is not None:
        raise Refused("out-of-turn", "The term stands still since {on}", on=dispute.paused_on)
    if dispute.due_on is not None and on > dispute.due_on:
        raise Refused("out-of-turn", "The term was over on {due_on}", due_on=dispute.due_on)


def require_party(dispute: Dispute, party_id: UUID) -> m.DisputeParty:
    if isinstance(dispute.parties, tuple):
        for one in dispute.parties:
            if one.subject_ref.subject_id == party_id:
                return one
    raise NotFound("There is no party {party_id} in this dispute", party_id=party_id)


def require_stored(digest: str, stored: frozenset[str], field: str) -> None:
    """The thing itself lies in the store, and not only its digest in a command."""
    if digest not in stored:
        raise Refused(
            "record-incomplete",
            "The file {digest} is not stored, or is no document or picture: store it first",
            digest=digest,
            field=field,
            basis=RECORDED,
        )


def require_past(on: date, first: date, today: date, field: str) -> None:
    """Nothing before what it follows from, and nothing that is still to come."""
    if on > today or on < first:
        raise Refused(
            "request-malformed",
            "A day from {first} to {today} is asked for, and it says {on}",
            on=on,
            first=first,
            today=today,
            field=field,
        )
