"""The rules of an agency: registered once; suspended, or merged into one that is known."""

from typing import assert_never, get_args

from libs.contracts.exchange import (
    AgencyEvent,
    AgencyRegistered,
    AgencyStatus,
    AgencyStatusChanged,
)
from libs.events.core.kernel import Decider, NotFound, Refused, State
from services.exchange.agency.commands import AgencyCommand, ChangeAgencyStatus, RegisterAgency


class Agency(State):
    registered: AgencyRegistered | None = None
    status: AgencyStatus = AgencyStatus.ACTIVE


def decide(command: AgencyCommand, agency: Agency) -> list[AgencyEvent]:
    match command:
        case RegisterAgency():
            registered = AgencyRegistered(
                agency_code=command.agency_code,
                name_zh=command.name_zh,
                kind=command.kind,
                territory=command.territory,
                rule_family=command.rule_family,
                superior=command.superior,
                contacts=(),
            )
            if agency.registered is None:
                return [registered]
            if agency.registered == registered:
                return []
            raise Refused("idempotency-conflict", f"{command.agency_code} is another agency")
        case ChangeAgencyStatus() if agency.registered is None:
            raise NotFound(f"there is no agency {command.agency_code}")
        case ChangeAgencyStatus(status=status) if status is agency.status:
            return []
        case ChangeAgencyStatus() if agency.status is AgencyStatus.MERGED:
            raise Refused("out-of-turn", "it goes on in another one")
        case ChangeAgencyStatus():
            if command.status is AgencyStatus.MERGED and not command.successor_known:
                raise Refused("agency-unknown", "it goes on in one that is known")
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


DECIDER: Decider[AgencyCommand, Agency, AgencyEvent] = Decider(
    stream="agency",
    commands=get_args(AgencyCommand),
    key=lambda command: command.agency_code,
    initial=Agency(),
    decide=decide,
    evolve=evolve,
    shared=True,
)
