"""The rules of an officer's certificate: number, domains, agency and term. Source: 处罚法 42."""

from libs.contracts.oversight import OfficerCertified
from libs.events.kernel import Decider, Refused, State
from services.oversight.officer.commands import CertifyOfficer


class Officer(State):
    certified: OfficerCertified | None = None


def decide(command: CertifyOfficer, officer: Officer) -> list[OfficerCertified]:
    certified = OfficerCertified(
        officer_id=command.officer_id,
        certificate_no=command.certificate_no,
        domains=command.domains,
        agency_code=command.agency_code,
        valid_until=command.valid_until,
    )
    if certified == officer.certified:
        return []
    if not command.domains:
        raise Refused("request-malformed", "for which domains?", field="domains")
    return [certified]


def evolve(officer: Officer, event: OfficerCertified) -> Officer:
    return Officer(certified=event)


DECIDER: Decider[CertifyOfficer, Officer, OfficerCertified] = Decider(
    stream="officer",
    commands=(CertifyOfficer,),
    key=lambda command: command.officer_id,
    initial=Officer(),
    decide=decide,
    evolve=evolve,
    shared=True,
)
