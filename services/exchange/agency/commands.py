"""What may be asked of an agency."""

from typing import TypeAlias

from libs.contracts.exchange import AgencyStatus
from libs.contracts.vocabulary import AgencyCode, TerritoryCode
from libs.events.core.kernel import Command


class RegisterAgency(Command):
    agency_code: AgencyCode
    name_zh: str
    kind: str
    territory: TerritoryCode
    rule_family: str
    superior: str | None


class ChangeAgencyStatus(Command):
    agency_code: AgencyCode
    status: AgencyStatus
    successor: AgencyCode | None
    successor_known: bool = False


AgencyCommand: TypeAlias = RegisterAgency | ChangeAgencyStatus
