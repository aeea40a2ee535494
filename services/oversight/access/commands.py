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
