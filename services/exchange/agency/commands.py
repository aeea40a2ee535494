"""What may be asked of an agency."""

from typing import Annotated, TypeAlias

from libs.contracts.exchange import AgencyStatus
from libs.contracts.vocabulary import AgencyCode, TerritoryCode
from libs.events.core.fields import Code, Completed, Limits, Short
from libs.events.core.kernel import Command

# It also names the agency's topic: `.` and `_` would be one letter to Kafka.
NewAgencyCode: TypeAlias = Annotated[AgencyCode, Limits(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class RegisterAgency(Command):
    agency_code: NewAgencyCode
    name_zh: Short
    kind: Code
    territory: TerritoryCode
    rule_family: Code
    superior: Code | None


class ChangeAgencyStatus(Command):
    agency_code: AgencyCode
    status: AgencyStatus
    successor: AgencyCode | None
    successor_known: Completed[bool] = False


AgencyCommand: TypeAlias = RegisterAgency | ChangeAgencyStatus
