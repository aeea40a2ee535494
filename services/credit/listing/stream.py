"""A listing: served, answered, decided; and off the list again."""

from functools import partial
from typing import Final

from libs.contracts.credit import DelistedBecause
from libs.contracts.vocabulary import Role
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.credit.listing.commands import DelistSubject, ListSubject, ServeListNotice
from services.credit.listing.completion import (
    Catalogue,
    Measures,
    complete_listing,
    complete_notice,
)
from services.credit.listing.deadlines import deadlines
from services.credit.listing.projection import (
    find_listings,
    get_listing,
    project,
    project_claims,
)
from services.credit.listing.reactions import on
from services.credit.listing.rules import decider

AUTHORITY: Final = (Role.LISTING_AUTHORITY,)
READERS: Final = (Role.LISTING_AUTHORITY, Role.CREDIT_OFFICER, Role.SUPERVISOR, Role.OPS)
SIGNED: Final = "approver-required signature-invalid"


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
