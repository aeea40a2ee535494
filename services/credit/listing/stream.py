"""A listing: served, answered, decided; and off the list again."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.asking import Watched
from libs.contracts.credit import DelistedBecause
from libs.contracts.vocabulary import ListCode, Role
from libs.events.core.fields import FIRST_PAGE, Paging
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.credit.known import Standing
from services.credit.listing.commands import DelistSubject, ListSubject, ServeListNotice
from services.credit.listing.completion import (
    Catalogue,
    Measures,
    complete_listing,
    complete_notice,
)
from services.credit.listing.deadlines import deadlines
from services.credit.listing.projection import (
    ListingRow,
    find_page,
    get_listing,
    project,
    project_claims,
)
from services.credit.listing.reactions import on
from services.credit.listing.rules import decider

AUTHORITY: Final = (Role.LISTING_AUTHORITY,)
READERS: Final = (Role.LISTING_AUTHORITY, Role.CREDIT_OFFICER, Role.SUPERVISOR, Role.OPS)
SIGNED: Final = "approver-required signature-invalid"


class ListingPage(BaseModel):
    listings: Sequence[ListingRow]
    next: str | None


def find_listings(
    tx: Connection,
    agency: Watched,
    list_code: ListCode | None = None,
    standing: Standing | None = None,
    page: Paging = FIRST_PAGE,
) -> ListingPage:
    """The oldest first. An authority sees its own."""
    found, following = find_page(
        tx, agency_code=agency, list_code=list_code, standing=standing, page=page
    )
    return ListingPage(listings=found, next=following)


def listing(rules: Rulebook, measures: Measures, catalogue: Catalogue) -> Stream:
    return Stream(
        name="listing",
        decider=decider(rules),
        completions={
            ServeListNotice: Completion(asks=("listing",), complete=complete_notice),
            ListSubject: Completion(
                asks=("listing", "measure_item", "catalogue_item"),
                complete=partial(complete_listing, rules, measures, catalogue),
            ),
        },
        projections=[project],
        reactions=on,
        remembers={"credit.listing": project_claims},
        deadlines=deadlines(rules.calendar.end_of),
        commands=[
            post(
                ServeListNotice,
                "/listings",
                AUTHORITY,
                "not-found provider-not-allowed list-conditions-unmet subject-not-eligible "
                "duplicate-record idempotency-conflict",
                status=201,
            ),
            post(
                ListSubject,
                "/listings/{listing_id}/list",
                AUTHORITY,
                "not-found out-of-turn list-notice-required rights-period-open "
                "list-conditions-unmet subject-not-eligible retroactive measure-not-allowed "
                "duplicate-record "
                f"{SIGNED}",
            ),
            post(
                DelistSubject,
                "/listings/{listing_id}/delist",
                AUTHORITY,
                f"not-found out-of-turn {SIGNED}",
                sets={"cause": DelistedBecause.REVOKED},
            ),
        ],
        queries=[
            get("/listings", find_listings, READERS),
            get(
                "/listings/{listing_id}",
                get_listing,
                READERS,
                "not-found",
                stream="listing/{listing_id}",
            ),
        ],
    )
