"""What may be asked of the record of access."""

from datetime import date, datetime

from libs.contracts.oversight import AccessKind
from libs.contracts.vocabulary import Matter, PersonId, Role
from libs.events.core.kernel import Command


class AuditAccess(Command):
    day: date
    by: PersonId
    role: Role
    purpose: str
    fields: tuple[str, ...]
    at: datetime
    kind: AccessKind
    matter: Matter

    @property
    def of_day(self) -> str:
        """A day's accesses to one matter: a day of thousands of them is nobody's one stream."""
        return f"{self.day.isoformat()}.{self.matter}"
