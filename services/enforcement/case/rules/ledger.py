"""What is owed on a decision: the fine, what was confiscated, the surcharge, payments, refunds.

Money is whole fen. The surcharge grows day by day on what of the fine is not paid, from the day
after it was due, never beyond the fine, and not while a remedy is sought.
Source: 行政处罚法 66, 67, 72, 73(3); 行政强制法 45.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from libs.contracts.enforcement import (
    DecisionServed,
    FineInstalmentApproved,
    FinePaid,
    FineRefunded,
    FineSurchargeAccrued,
    Instalment,
    Penalty,
    PenaltyKind,
)
from libs.events.core.kernel import State
from libs.statute.calendar import Pause

WHOLE: Final = 10_000
DAY: Final = timedelta(days=1)
MONEY: Final = (PenaltyKind.FINE, PenaltyKind.CONFISCATE_GAIN)


def total(penalties: Sequence[Penalty], *kinds: PenaltyKind) -> int:
    """How much the penalties of these kinds come to, in fen."""
    return sum(one.amount_fen or 0 for one in penalties if one.kind in kinds)


class Payment(State):
    amount_fen: int
    on: date
    voucher_no: str


class Ledger(State):
    """What is owed, what came in, and what no longer counts.

    `fine_fen` is what the surcharge grows on, `gain_fen` what was confiscated beside it, `was_fen`
    both as they were before the decision changed. `surcharge_fen` is what was recorded last; `held`
    are days that do not count.
    """

    fine_fen: int = 0
    gain_fen: int = 0
    was_fen: int = 0
    due_on: date | None = None
    schedule: tuple[Instalment, ...] = ()
    payments: tuple[Payment, ...] = ()
    refunds_fen: int = 0
    surcharge_fen: int = 0
    held: tuple[Pause, ...] = ()
    holding_from: date | None = None

    # What happened

    def due(self, event: DecisionServed) -> "Ledger":
        return replace(self.owing(event.penalties), due_on=event.payment_due_on)

    def owing(self, penalties: Sequence[Penalty]) -> "Ledger":
        """What is decided now; where that is less than before, the claim shrinks with it."""
        return replace(
            self,
            fine_fen=total(penalties, PenaltyKind.FINE),
            gain_fen=total(penalties, PenaltyKind.CONFISCATE_GAIN),
            was_fen=self.principal_fen,
        )

    def paid(self, event: FinePaid) -> "Ledger":
        payment = Payment(amount_fen=event.amount_fen, on=event.on, voucher_no=event.voucher_no)
        return replace(self, payments=(*self.payments, payment))

    def in_parts(self, event: FineInstalmentApproved) -> "Ledger":
        return replace(self, schedule=event.schedule)

    def recorded(self, event: FineSurchargeAccrued) -> "Ledger":
        return replace(self, surcharge_fen=event.total_fen)

    def refunded(self, event: FineRefunded) -> "Ledger":
        return replace(
            self,
            refunds_fen=self.refunds_fen + event.amount_fen,
            surcharge_fen=self.surcharge_fen - event.cancelled_fen,
        )

    def held_from(self, day: date) -> "Ledger":
        return replace(self, holding_from=self.holding_from or day)

    def held_until(self, day: date) -> "Ledger":
        if self.holding_from is None:
            return self
        pause = Pause(self.holding_from, max(day, self.holding_from))
        return replace(self, held=(*self.held, pause), holding_from=None)

    # What follows from it

    @property
    def principal_fen(self) -> int:
        return self.fine_fen + self.gain_fen

    @property
    def paid_fen(self) -> int:
        return sum(one.amount_fen for one in self.payments) - self.refunds_fen

    def overdue_since(self, as_of: date) -> date | None:
        """The day whose end was the last to pay in time, if it is over.

        Paid in parts it is the last of the agreed days, or the first that was missed: with that all
        the rest is due at once.
        """
        if self.due_on is None:
            return None
        agreed = 0
        for part in self.schedule:
            agreed += part.amount_fen
            by_then = sum(one.amount_fen for one in self.payments if one.on <= part.due_on)
            if by_then < agreed and part.due_on < as_of:
                return part.due_on
        last = self.schedule[-1].due_on if self.schedule else self.due_on
        return last if last < as_of else None

    def accrued(self, as_of: date, rate: int, cap: int) -> int:
        """The surcharge up to and with a day, in fen, cut off; `rate` a day and `cap` in basis
        points of the fine."""
        since = self.overdue_since(as_of)
        if since is None:
            return 0
        fen_days = 0
        for number in range((as_of - since).days):
            day = since + (number + 1) * DAY
            if not self._held(day):
                fen_days += max(self.fine_fen - self._paid_before(day), 0)
        return min(fen_days * rate // WHOLE, self.fine_fen * cap // WHOLE)

    def owed(self, as_of: date, rate: int, cap: int) -> int:
        """What is still to be paid; what was paid too much is below zero."""
        return self.principal_fen + self.accrued(as_of, rate, cap) - self.paid_fen

    def too_much(self, as_of: date, rate: int, cap: int) -> tuple[int, int]:
        """What was paid and is not owed, and what was claimed as surcharge, is not paid, and is not
        owed either. What went back since was paid all the same: else it would be claimed twice."""
        refund = max(-self.owed(as_of, rate, cap), 0)
        came_in = self.paid_fen + self.refunds_fen
        unpaid = min(self.surcharge_fen, max(self.was_fen + self.surcharge_fen - came_in, 0))
        return refund, max(unpaid - self.accrued(as_of, rate, cap), 0)

    def _held(self, day: date) -> bool:
        running = self.holding_from is not None and day >= self.holding_from
        return running or any(one.paused_on <= day < one.resumed_on for one in self.held)

    def _paid_before(self, day: date) -> int:
        """What had come in towards the fine before that day."""
        return sum(one.amount_fen for one in self.payments if one.on < day)
