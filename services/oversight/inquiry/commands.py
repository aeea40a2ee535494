"""What may be asked of an inquiry.

A field with a default is left open by whoever asks, and completed before it is decided. Its default
is the answer of someone who knows nothing: with it, the rule says no.
"""

from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from libs.contracts.oversight import Involved, InvolvedRole, ResponsibilityLevel
from libs.contracts.vocabulary import CaseNo, DecisionNo, InquiryId, Matter, PersonId
from libs.events.core.kernel import Command


class OpenInquiry(Command):
    """`source_event_id` is what undid the decision; `involved` who had a hand in its matter."""

    inquiry_id: InquiryId
    decision_no: DecisionNo
    at: datetime
    source_event_id: UUID | None = None
    matter: Matter | None = None
    case_no: CaseNo | None = None
    involved: tuple[Involved, ...] = ()


class FindResponsibility(Command):
    inquiry_id: InquiryId
    officer_id: PersonId
    role: InvolvedRole
    level: ResponsibilityLevel
    heard_on: date | None
    reason: str
    exemption: str | None
    at: datetime


class CloseInquiry(Command):
    inquiry_id: InquiryId
    consequence: str


InquiryCommand: TypeAlias = OpenInquiry | FindResponsibility | CloseInquiry
