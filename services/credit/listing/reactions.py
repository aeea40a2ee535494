"""What a listing does when its record is repaired, or falls."""

from libs.contracts import credit
from libs.contracts.credit import DelistedBecause
from libs.events.core.kernel import Envelope
from libs.events.core.reactions import Reactions
from services.credit.listing.commands import DelistSubject

on = Reactions[DelistSubject]()
react = on.react


def repaired_listing(fact: Envelope[credit.RepairDecided]) -> bool:
    """granted, names a listing"""
    return fact.data.granted and fact.data.listing_id is not None


def of_list(fact: Envelope[credit.RecordWithdrawn]) -> bool:
    """a list record"""
    return fact.data.listing_id is not None


@on(when=repaired_listing)
def repaired(fact: Envelope[credit.RepairDecided]) -> DelistSubject:
    assert fact.data.listing_id is not None
    return DelistSubject(
        listing_id=fact.data.listing_id,
        cause=DelistedBecause.REPAIRED,
        at=fact.happened,
        reacted=True,
    )


@on(when=of_list)
def fell(fact: Envelope[credit.RecordWithdrawn]) -> DelistSubject:
    assert fact.data.listing_id is not None
    return DelistSubject(
        listing_id=fact.data.listing_id,
        cause=DelistedBecause.REVOKED,
        at=fact.happened,
        reacted=True,
    )
