"""A listing whose term is over ends by itself, right after."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from libs.contracts.credit import DelistedBecause
from libs.contracts.vocabulary import ListingId
from libs.events.process.deadlines import Deadline, day_over
from services.credit.listing.commands import DelistSubject
from services.credit.listing.projection import find_next_over, find_over


def ended(listing_id: ListingId, last: date, at: datetime) -> DelistSubject:
    return DelistSubject(listing_id=listing_id, cause=DelistedBecause.EXPIRED, at=at, reacted=True)


def deadlines(end_of: Callable[[date], datetime]) -> Mapping[str, Deadline]:
    return {"credit.listing-over": day_over(end_of, find_over, find_next_over, ended)}
