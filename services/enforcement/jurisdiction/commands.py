"""What may be asked of a dispute about whose it is.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from typing import Annotated, TypeAlias

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency
from libs.events.core.fields import Completed, Now, Text, at_most
from libs.events.core.kernel import Command


class RaiseJurisdictionDispute(Command):
    """Of a matter that is open to the agency, by its head."""

    jurisdiction_id: v.JurisdictionId
    agency_code: CallingAgency
    agencies: Annotated[tuple[v.AgencyCode, ...], at_most(20)]
    handoff_id: v.HandoffId | None
    case_id: v.CaseId | None
    power_item_code: v.PowerItemCode
    grounds: Text
    matter: v.Matter
    at: Now
    matter_open: Completed[bool] = False


class AgreeJurisdiction(Command):
    """Each agency speaks through its own head, and may change its mind until all agree."""

    jurisdiction_id: v.JurisdictionId
    agency_code: CallingAgency
    designated: v.AgencyCode
    at: Now
    # The one that is named has the power on that day.
    owned: Completed[bool] = False


JurisdictionCommand: TypeAlias = RaiseJurisdictionDispute | AgreeJurisdiction
