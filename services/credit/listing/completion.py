"""What a listing leaves open: the claims of its matter, its number, the measures there are."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Hidden
from libs.statute.rulebook import Rulebook
from libs.suite.subjects import ref_of
from services.credit.known import CatalogueItem, MeasureItem
from services.credit.listing.commands import Claim, ListSubject, ServeListNotice
from services.credit.listing.projection import (
    ClaimRow,
    find_claims,
    find_listing,
    find_live,
    find_number,
)
from services.credit.listing.rules import AnyListing

Measures = Callable[[Connection], Mapping[str, MeasureItem]]
Catalogue = Callable[[Connection], Mapping[str, CatalogueItem]]


def claim(row: ClaimRow) -> Claim:
    return Claim(
        subject_ref=Hidden.ERASED if row.subject_ref is None else ref_of(row.subject_ref),
        subject_id=row.subject_id,
        workers=row.workers,
        months=row.months,
        amount_fen=row.amount_fen,
        due_on=row.due_on,
        verified_on=row.verified_on,
        paid=row.paid,
    )


def complete_notice(
    tx: Connection, command: ServeListNotice, listing: AnyListing
) -> ServeListNotice:
    return replace(
        command,
        claims=tuple(map(claim, find_claims(tx, command.matter))),
        live=find_live(tx, command.matter, command.list_code),
    )


def complete_listing(
    rules: Rulebook,
    measures: Measures,
    catalogue: Catalogue,
    tx: Connection,
    command: ListSubject,
    listing: AnyListing,
) -> ListSubject:
    row = find_listing(tx, command.listing_id)
    if isinstance(listing, Nothing) or row is None:
        return command
    severe = rules.lists[listing.noticed.list_code]
    today = rules.day(command.at)
    warned = frozenset(
        one.code
        for one in measures(tx).values()
        if severe.item in one.allowed_for and one.in_force(today)
    )
    item = catalogue(tx).get(severe.item)
    return replace(
        command,
        claims=tuple(map(claim, find_claims(tx, row.correlation_id))),
        warned=warned,
        taken=find_number(tx, command.decision_no, command.listing_id),
        effective_from=None if item is None else item.effective_from,
    )
