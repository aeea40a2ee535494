"""The rules of an agency: registered once; suspended, or merged into one that is known."""

from typing import Final, assert_never

from libs.contracts.exchange import (
    AgencyEvent,
    AgencyRegistered,
    AgencyStatus,
    AgencyStatusChanged,
)
from libs.events.core.deciders import build_decider
from libs.events.core.kernel import NotFound, Refused, State
from services.exchange.agency.commands import AgencyCommand, ChangeAgencyStatus, RegisterAgency


class Agency(State):
    registered: AgencyRegistered | None = None
    status: AgencyStatus = AgencyStatus.ACTIVE


def decide(command: AgencyCommand, agency: Agency) -> list[AgencyEvent]:
    match command:
        case RegisterAgency():
            registered = AgencyRegistered(**vars(command), contacts=())
            if agency.registered is None:
                return [registered]
            if agency.registered == registered:
                return []
            raise Refused(
                "idempotency-conflict",
                "{agency_code} is registered with other particulars",
                agency_code=command.agency_code,
            )
        case ChangeAgencyStatus() if agency.registered is None:
            raise NotFound("There is no agency {agency_code}", agency_code=command.agency_code)
        case ChangeAgencyStatus(status=status) if status is agency.status:
            return []
        case ChangeAgencyStatus() if agency.status is AgencyStatus.MERGED:
            raise Refused(
                "out-of-turn", "The agency was merged into another one and does not change any more"
            )
        case ChangeAgencyStatus():
            if command.status is AgencyStatus.MERGED and not command.successor_known:
                raise Refused(
                    "agency-unknown",
                    "A merged agency needs a successor that is registered and active",
                )
            changed = AgencyStatusChanged(
                agency_code=command.agency_code,
                status=command.status,
                successor=command.successor,
            )
            return [changed]
        case _:
            assert_never(command)


def evolve(agency: Agency, event: AgencyEvent) -> Agency:
    if isinstance(event, AgencyRegistered):
        return Agency(registered=event)
    return Agency(registered=agency.registered, status=event.status)


DECIDER: Final = build_decider(
    "agency", decide, evolve, key="agency_code", initial=Agency(), shared=True
)
