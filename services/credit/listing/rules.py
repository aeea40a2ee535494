"""The rules of a listing: only a list of the law, by its authority, after a notice and the term to
answer it, while its conditions hold.

Source: 国办发〔2020〕49号 四; 保障农民工工资支付条例 48; 人社部令45号 5-9; docs/domain/credit.md.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from libs.contracts.credit import (
    DelistedBecause,
    ListingEvent,
    SevereDelisted,
    SevereListed,
    SevereListNoticeServed,
)
from libs.contracts.vocabulary import CatalogueItemCode, PersonId, SubjectKind, SubjectRef
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Context, Decider, Hidden, NotFound, Refused, State
from libs.statute.credit import SevereList
from libs.statute.rulebook import Rulebook
from services.credit.known import POLICY, require_second
from services.credit.listing.commands import (
    Claim,
    DelistSubject,
    ListingCommand,
    ListSubject,
    ServeListNotice,
)

STATEMENT: Final = "CRED.LIST.STATEMENT"
WORKERS, AMOUNT = "CRED.LIST.WAGE.WORKERS", "CRED.LIST.WAGE.AMOUNT"
ONE_MONTHS, ONE_AMOUNT = "CRED.LIST.WAGE.ONE.MONTHS", "CRED.LIST.WAGE.ONE.AMOUNT"


class Listing(State):
    noticed: SevereListNoticeServed
    listed: SevereListed | None = None
    delisted: SevereDelisted | None = None


AnyListing: TypeAlias = Nothing | Listing


def decide(rules: Rulebook, command: ListingCommand, listing: AnyListing) -> list[ListingEvent]:
    if isinstance(listing, Nothing):
        if isinstance(command, ServeListNotice):
            return [notice(rules, command)]
        if isinstance(command, ListSubject):
            raise Refused(
                "list-notice-required",
                "No notice was served: grounds, basis and rights come first",
                basis=POLICY,
            )
        raise NotFound("There is no listing {listing_id}", listing_id=command.listing_id)
    match command:
        case ServeListNotice():
            if not repeats(command, listing.noticed):
                raise Refused("idempotency-conflict", "This id already names another listing")
            return []
        case ListSubject():
            return enlist(rules, command, listing)
        case DelistSubject():
            return delist(rules, command, listing)
        case _:
            assert_never(command)


def repeats(command: ServeListNotice, noticed: SevereListNoticeServed) -> bool:
    return (
        noticed.list_code == command.list_code
        and noticed.agency_code == command.agency_code
        and noticed.grounds in (command.grounds, Hidden.ERASED, Hidden.WITHHELD)
    )


def notice(rules: Rulebook, command: ServeListNotice) -> SevereListNoticeServed:
    severe = rules.lists.get(command.list_code)
    if severe is None or severe.authority != command.agency_code:
        raise Refused(
            "provider-not-allowed",
            "{agency_code} is not the authority of a list {list_code}",
            agency_code=command.agency_code,
            list_code=command.list_code,
            basis=POLICY,
        )
    claim = claim_of(command.claims, command.subject_id)
    met = require_met(rules, severe, command, claim)
    ref = claim.subject_ref
    if isinstance(ref, Hidden):
        raise Refused("list-conditions-unmet", "Whom the matter was about is forgotten")
    if ref.kind is SubjectKind.PERSON and not severe.names_persons:
        raise Refused(
            "subject-not-eligible",
            "The list {list_code} names no natural persons",
            list_code=severe.code,
            basis=POLICY,
        )
    require_adult(ref, claim)
    if (other := command.live.get(ref.subject_id)) is not None:
        raise Refused(
            "duplicate-record",
            "For this matter the party has the listing {listing_id} already",
            listing_id=other,
            basis=POLICY,
        )
    return SevereListNoticeServed(
        listing_id=command.listing_id,
        list_code=command.list_code,
        agency_code=command.agency_code,
        subject_id=ref.subject_id,
        subject_kind=ref.kind,
        subject_ref=ref,
        registered_name=ref.display_name,
        conditions=met,
        incident=command.incident,
        grounds=command.grounds,
        rights_until=rules.last_day(STATEMENT, rules.day(command.at)),
        legal_basis=command.legal_basis,
        rule_code=STATEMENT,
        rule_pack_version=rules.version,
    )


def require_adult(ref: SubjectRef, claim: Claim) -> None:
    """As for a record: on the day of the conduct, which is that on which it was to be paid."""
    if ref.kind is SubjectKind.PERSON and (ref.adult_on is None or ref.adult_on > claim.due_on):
        raise Refused(
            "subject-not-eligible",
            "Nobody is listed for what was done under eighteen, or at an unknown age",
            basis="民法典 17, 18",
        )


def claim_of(claims: Sequence[Claim], subject_id: UUID | None) -> Claim:
    """The one of the party that is named; where nobody is named, the only one there is."""
    found = [one for one in claims if subject_id in (None, one.subject_id)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(
            "request-malformed", "The matter has several parties: say which", field="subject_id"
        )
    raise Refused(
        "list-conditions-unmet",
        "No order to pay wages is on record for this matter and party",
        field="matter",
        basis="人社部令45号 5",
    )


def require_met(
    rules: Rulebook, severe: SevereList, command: ServeListNotice | ListSubject, claim: Claim,
    incident: str | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """The conditions of the list that hold now; all of them must."""
    stated = incident or (command.incident if isinstance(command, ServeListNotice) else None)
    met = conditions(rules, command, claim, stated)
    if lacks := severe.unmet(met):
        raise Refused(
            "list-conditions-unmet",
            "The list {list_code} also wants {lacks}",
            list_code=severe.code,
            lacks=lacks,
            basis="人社部令45号 5",
        )
    wanted = {part for one in severe.conditions for part in one.split("/")}
    return tuple(sorted(met & wanted))


def conditions(
    rules: Rulebook, command: ServeListNotice | ListSubject, claim: Claim, incident: str | None
) -> frozenset[str]:
    at = command.at
    met: set[str] = set()
    many = claim.workers >= rules.limit(WORKERS, at) and claim.amount_fen >= rules.limit(AMOUNT, at)
    one = claim.months >= rules.limit(ONE_MONTHS, at) and claim.amount_fen >= rules.limit(
        ONE_AMOUNT, at
    )
    if many or (claim.workers == 1 and one):
        met.add("AMOUNT_REACHED")
    if incident:
        met.add("INCIDENT")
    if rules.day(at) > claim.due_on:
        met.add("ORDERED_TO_PAY")
    if claim.verified_on is not None and claim.verified_on > claim.due_on and not claim.paid:
        met.add("UNPAID")
    return frozenset(met)


def enlist(rules: Rulebook, command: ListSubject, listing: Listing) -> list[ListingEvent]:
    noticed = listing.noticed
    if listing.listed is not None:
        if listing.listed.decision_no == command.decision_no and listing.delisted is None:
            return []
        raise Refused(
            "out-of-turn",
            "The subject was listed by the decision {decision_no}",
            decision_no=listing.listed.decision_no,
        )
    today = rules.day(command.at)
    if today <= noticed.rights_until:
        raise Refused(
            "rights-period-open",
            "The party may answer until {rights_until}",
            rights_until=noticed.rights_until,
            basis=POLICY,
        )
    severe = rules.lists[noticed.list_code]
    claim = claim_of(command.claims, noticed.subject_id)
    if not isinstance(claim.subject_ref, Hidden):
        require_adult(claim.subject_ref, claim)
    require_met(rules, severe, command, claim, noticed.incident)
    if command.effective_from is not None and claim.due_on < command.effective_from:
        raise Refused(
            "retroactive",
            "{item_code} may be remembered from {effective_from} on, and this was before",
            item_code=severe.item,
            effective_from=command.effective_from,
            basis=POLICY,
        )
    if unknown := sorted(set(command.measures_warned) - command.warned):
        raise Refused(
            "measure-not-allowed",
            "The measures list allows {codes} for no listing of this kind",
            codes=unknown,
            field="measures_warned",
            basis=POLICY,
        )
    if command.taken:
        raise Refused(
            "duplicate-record",
            "The decision {decision_no} has listed somebody already",
            decision_no=command.decision_no,
        )
    approver = require_second(command.approver)
    return [listed(rules, command, noticed, severe, claim, approver)]


def listed(
    rules: Rulebook,
    command: ListSubject,
    noticed: SevereListNoticeServed,
    severe: SevereList,
    claim: Claim,
    approver: PersonId,
) -> SevereListed:
    today = rules.day(command.at)
    return SevereListed(
        listing_id=noticed.listing_id,
        list_code=noticed.list_code,
        subject_id=noticed.subject_id,
        subject_kind=noticed.subject_kind,
        subject_ref=noticed.subject_ref,
        decision_no=command.decision_no,
        agency_code=noticed.agency_code,
        item_code=CatalogueItemCode(severe.item),
        behaviour_date=claim.due_on,
        decided_on=today,
        listed_until=rules.last_day(severe.term, today),
        measures_warned=command.measures_warned,
        approver=approver,
        legal_basis=command.legal_basis,
        rule_code=severe.term,
        rule_pack_version=rules.version,
    )


def delist(rules: Rulebook, command: DelistSubject, listing: Listing) -> list[ListingEvent]:
    """By itself when its term is over, when it is repaired, when its record fell; by its authority
    where the listing was wrong, with a second signature."""
    if listing.delisted is not None:
        return []
    if listing.listed is None:
        raise Refused("out-of-turn", "The subject is not on the list: there was a notice only")
    if not command.reacted:
        require_second(command.approver)
    today = rules.day(command.at)
    if command.cause is DelistedBecause.EXPIRED and today <= listing.listed.listed_until:
        return []
    known = listing.noticed
    return [
        SevereDelisted(
            listing_id=command.listing_id,
            list_code=known.list_code,
            subject_id=known.subject_id,
            subject_kind=known.subject_kind,
            subject_ref=known.subject_ref,
            cause=command.cause,
            on=today,
        )
    ]


def evolve(listing: AnyListing, event: ListingEvent) -> Listing:
    match listing, event:
        case Nothing(), SevereListNoticeServed():
            return Listing(noticed=event)
        case Listing(), SevereListed():
            return replace(listing, listed=event)
        case Listing(), SevereDelisted():
            return replace(listing, delisted=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {listing}")


def owned(listing: AnyListing, caller: Context) -> bool:
    return isinstance(listing, Listing) and listing.noticed.agency_code == caller.agency


def decider(rules: Rulebook) -> Decider[ListingCommand, AnyListing, ListingEvent]:
    return build_decider(
        "listing", decide, evolve, rules, key="listing_id", owned=owned, opens=(ServeListNotice,)
    )
