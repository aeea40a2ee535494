"""What was consumed comes to the same in any turns: one by one, or all at once."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations, pairwise
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from libs.contracts import enforcement, mediation
from libs.contracts.mediation import PaidBy
from libs.contracts.vocabulary import AgencyCode, CaseId, CorrectionId, DisputeId
from libs.events.core.kernel import Envelope, Event, Hidden
from services.credit.listing.projection import ClaimRow, project_claims
from tests.credit.past import FIRM
from tests.scenario import heard

CASE, ORDER, DISPUTE = CaseId(UUID(int=1)), CorrectionId(UUID(int=2)), DisputeId(UUID(int=3))
ORDERED = enforcement.CorrectionOrdered(
    case_id=CASE, correction_id=ORDER, agency_code=AgencyCode("RSJ"), subjects=(FIRM,),
    items=("pay",), workers=12, months=4, amount_fen=18_600_000, due_on=date(2026, 2, 2),
    legal_basis=(),
)  # fmt: skip
VERIFIED = enforcement.CorrectionVerified(
    case_id=CASE, correction_id=ORDER, done=False, on=date(2026, 2, 4), media=Hidden.WITHHELD
)
PAID = mediation.WagePaid(
    dispute_id=DISPUTE, employer=Hidden.WITHHELD, amount_fen=18_600_000, via=PaidBy.EMPLOYER,
    settled=True, on=date(2026, 2, 20), proof="0" * 64,
)  # fmt: skip
EVENTS: Sequence[Event] = (ORDERED, VERIFIED, PAID)
# When it was looked at, and whether it was paid, after so many of them.
SHOWN = {2: (VERIFIED.on, False), 3: (PAID.on, True)}
SPLITS = [cut for n in range(len(EVENTS)) for cut in combinations(range(1, len(EVENTS)), n)]


@pytest.mark.parametrize("told", SHOWN)
@pytest.mark.parametrize("cut", SPLITS, ids=str)
def test_wages_that_were_ordered_and_looked_at(
    engine: Engine, cut: tuple[int, ...], told: int
) -> None:
    facts: list[Envelope[Event]] = [heard(one) for one in EVENTS[:told]]
    edges = [0, *[one for one in cut if one < told], told]
    for first, last in pairwise(edges):
        with engine.begin() as tx:
            project_claims(tx, facts[first:last])
    with engine.connect() as tx:
        ((row),) = tx.execute(select(ClaimRow.table)).all()
    assert (row.verified_on, row.paid) == SHOWN[told]
