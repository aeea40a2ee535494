"""What may be asked of a lead.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import TypeAlias

from libs.contracts import vocabulary as v
from libs.contracts.enforcement import Party
from libs.events.core.fields import Completed
from libs.events.core.kernel import Command, Hidden


class ReceiveLead(Command):
    """`matter` continues one that is open to the agency of whoever registers it."""

    lead_id: v.LeadId
    source_channel: str
    source_ref: v.SourceRef
    handoff_id: v.HandoffId | None
    agency_code: v.AgencyCode
    subject: v.SubjectRef | Hidden | None
    power_item_code: v.PowerItemCode | None
    facts: str | Hidden
    location: v.Location | Hidden | None
    discovered_at: datetime
    at: datetime
    matter: v.Matter | None = None
    person: bool = False
    matter_open: Completed[bool] = False
    same_source: Completed[v.LeadId | None] = None


class FileCase(Command):
    """`proposed_by` are the officers who have signed; `place_inside` says whether the place lies in
    the agency's territory, `owned` whether the item is its own on the day."""

    lead_id: v.LeadId
    case_id: v.CaseId
    agency_code: v.AgencyCode
    subjects: tuple[v.SubjectRef, ...]
    parties: tuple[Party, ...]
    power_item_code: v.PowerItemCode
    act_date: date
    act_end_date: date | None
    location: v.Location | None
    safety_harm: bool
    proposed_by: tuple[v.PersonId, ...]
    approver: v.PersonId
    at: datetime
    certified: Completed[frozenset[v.PersonId]] = frozenset()
    place_inside: Completed[bool] = False
    owned: Completed[bool] = False
    case_taken: Completed[bool] = False


LeadCommand: TypeAlias = ReceiveLead | FileCase
