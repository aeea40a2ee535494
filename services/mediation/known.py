"""What several streams of mediation know of others, and the files that they speak of."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, Matter
from libs.events.core.kernel import Record

IsOpen = Callable[[Connection, Matter, AgencyCode], bool]


class Receivers(Record):
    """Who takes part in the exchange, and who takes handoffs of which kind."""

    active: frozenset[AgencyCode] = frozenset()
    contracts: frozenset[tuple[AgencyCode, HandoffKindCode, date, date]] = frozenset()

    def take(self, agency: AgencyCode | None, kind: HandoffKindCode, on: date) -> bool:
        """Whether it is active, with a contract for this kind in force on that day."""
        return agency in self.active and any(
            (one, of) == (agency, kind) and first <= on <= last
            for one, of, first, last in self.contracts
        )


ReadReceivers = Callable[[Connection], Receivers]
