"""A listing whose term is over ends by itself, right after."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from libs.contracts.credit import DelistedBecause
from libs.contracts.vocabulary import ListingId
from libs.events.process.deadlines import Deadline, LastDay, day_over
from services.credit.listing.commands import DelistSubject
from services.credit.listing.projection import LISTED, ListingRow


def ended(listing_id: ListingId, last: date, at: datetime) -> DelistSubject:
    return DelistSubject(listing_id=listing_id, cause=DelistedBecause.EXPIRED, at=at, reacted=True)


def deadlines(end_of: Callable[[date], datetime]) -> Mapping[str, Deadline]:
    c = ListingRow.c
    last = LastDay(
        key=c.listing_id, day=c.listed_until, agency=c.agency_code, runs=c.standing == LISTED
    )
    return {"credit.listing-over": day_over(end_of, last, ended)}
