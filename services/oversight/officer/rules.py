"""The rules of an officer's certificate: number, domains, agency and term. Source: 处罚法 42."""

from typing import Final

from libs.contracts.oversight import OfficerCertified
from libs.events.core.deciders import Last, register
from libs.events.core.kernel import Refused
from services.oversight.officer.commands import CertifyOfficer


def decide(command: CertifyOfficer, last: Last[OfficerCertified]) -> list[OfficerCertified]:
    certified = OfficerCertified(**vars(command))
    if certified == last.event:
        return []
    if not command.domains:
        raise Refused(
            "request-malformed", "Name at least one domain of enforcement", field="domains"
        )
    return [certified]


DECIDER: Final = register("officer", decide, key="officer_id")
