"""What may be asked of a dispute about whose it is.

A field with a default is left open by whoever asks, and completed before it is decided. Its default
is the answer of someone who knows nothing: with it, the rule says no.
"""

from datetime import datetime
from typing import TypeAlias

from libs.contracts.vocabulary import (
    AgencyCode,
    CaseId,
    HandoffId,
    JurisdictionId,
    Matter,
    PowerItemCode,
)
from libs.events.core.kernel import Command


class RaiseJurisdictionDispute(Command):
    """`matter_open` says whether the matter that is named is known here, and open to the agency."""

    jurisdiction_id: JurisdictionId
    agency_code: AgencyCode
    agencies: tuple[AgencyCode, ...]
    handoff_id: HandoffId | None
    case_id: CaseId | None
    power_item_code: PowerItemCode
    grounds: str
    matter: Matter
    at: datetime
    matter_open: bool = False


class AgreeJurisdiction(Command):
    """`owned` says whether the one that is named has the power on that day."""

    jurisdiction_id: JurisdictionId
    agency_code: AgencyCode
    designated: AgencyCode
    at: datetime
    owned: bool = False


JurisdictionCommand: TypeAlias = RaiseJurisdictionDispute | AgreeJurisdiction
