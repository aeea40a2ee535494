"""What a pack says of disputes: which categories there are, and where a lead of one goes.
Source: docs/domain/mediation.md."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DisputeKind:
    """A row of `dispute_categories.csv`; `grid_category` is what a report of it is called. A lead
    goes to `lead_to` for `item`, as `lead_on` says: in parallel from the RECEIPT, or on a BREACH.
    """

    category: str
    name_zh: str
    grid_category: str
    lead_to: str
    item: str
    lead_on: str
