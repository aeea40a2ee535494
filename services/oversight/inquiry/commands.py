"""What may be asked of an inquiry.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import date
from typing import TypeAlias
from uuid import UUID

from libs.contracts.oversight import Involved, InvolvedRole, ResponsibilityLevel
from libs.contracts.vocabulary import CaseNo, DecisionNo, InquiryId, Matter, PersonId
from libs.events.core.fields import Completed, Now, Short, Text
from libs.events.core.kernel import Command


class OpenInquiry(Command):
    """Into a decision that did not stand; whoever undid it, there is one inquiry."""

    inquiry_id: InquiryId
    decision_no: DecisionNo
    at: Now
    # What undid the decision, and who had a hand in its matter.
    source_event_id: Completed[UUID | None] = None
    matter: Completed[Matter | None] = None
    case_no: Completed[CaseNo | None] = None
    involved: Completed[tuple[Involved, ...]] = ()


class FindResponsibility(Command):
    inquiry_id: InquiryId
    officer_id: PersonId
    role: InvolvedRole
    level: ResponsibilityLevel
    heard_on: date | None
    reason: Text
    exemption: Short | None
    at: Now


class CloseInquiry(Command):
    inquiry_id: InquiryId
    consequence: Text


InquiryCommand: TypeAlias = OpenInquiry | FindResponsibility | CloseInquiry
