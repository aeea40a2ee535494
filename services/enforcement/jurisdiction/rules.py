"""The rules of a dispute: each agency says whose it is, and the last to say the same ends it.

Source: 行政处罚法 25; docs/domain/enforcement.md.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final, TypeAlias, assert_never

from libs.contracts.enforcement import (
    JurisdictionAgreed,
    JurisdictionConsented,
    JurisdictionDisputeRaised,
    JurisdictionEvent,
)
from libs.contracts.vocabulary import AgencyCode
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import Context, Decider, NotFound, Refused, State
from libs.statute.rulebook import Rulebook
from services.enforcement.jurisdiction.commands import (
    AgreeJurisdiction,
    JurisdictionCommand,
    RaiseJurisdictionDispute,
)

CONSULT: Final = "ENF.JURISDICTION.CONSULT"


class Dispute(State):
    raised: JurisdictionDisputeRaised
    consents: Mapping[AgencyCode, AgencyCode] = field(default_factory=dict)
    agreed: JurisdictionAgreed | None = None


AnyDispute: TypeAlias = Nothing | Dispute


def decide(
    rules: Rulebook, command: JurisdictionCommand, dispute: AnyDispute
) -> list[JurisdictionEvent]:
    if isinstance(dispute, Nothing):
        if isinstance(command, RaiseJurisdictionDispute):
            return [raise_dispute(rules, command)]
        raise NotFound(
            "There is no jurisdiction dispute {jurisdiction_id}",
            jurisdiction_id=command.jurisdiction_id,
        )
    match command:
        case RaiseJurisdictionDispute():
            same = dispute.raised.agencies == command.agencies
            if not same or command.agency_code not in dispute.raised.agencies:
                raise Refused("idempotency-conflict", "This id already names another dispute")
            return []
        case AgreeJurisdiction():
            return agree(rules, command, dispute)
        case _:
            assert_never(command)


def raise_dispute(rules: Rulebook, command: RaiseJurisdictionDispute) -> JurisdictionDisputeRaised:
    """Of two agencies at least, the own one among them, and of a matter that they know."""
    if not command.matter_open:
        raise NotFound("There is no such matter that is open to you")
    if len(set(command.agencies)) < 2 or command.agency_code not in command.agencies:
        raise Refused(
            "request-malformed",
            "A dispute has at least two agencies, your own among them",
            field="agencies",
        )
    return JurisdictionDisputeRaised(
        jurisdiction_id=command.jurisdiction_id,
        agencies=command.agencies,
        handoff_id=command.handoff_id,
        case_id=command.case_id,
        power_item_code=command.power_item_code,
        grounds=command.grounds,
        due_on=rules.last_day(CONSULT, rules.day(command.at)),
        rule_code=CONSULT,
        rule_pack_version=rules.version,
    )


def agree(rules: Rulebook, command: AgreeJurisdiction, dispute: Dispute) -> list[JurisdictionEvent]:
    """An agency's later word replaces its earlier one."""
    if dispute.consents.get(command.agency_code) == command.designated:
        return []
    if dispute.agreed is not None:
        raise Refused(
            "out-of-turn",
            "The agencies agreed on {designated} already",
            designated=dispute.agreed.designated,
        )
    if not command.owned:
        raise Refused(
            "no-power",
            "{designated} does not have this power",
            designated=command.designated,
            basis="行政处罚法 17, 25",
        )
    consented = JurisdictionConsented(
        jurisdiction_id=command.jurisdiction_id,
        agency_code=command.agency_code,
        designated=command.designated,
    )
    said = {**dispute.consents, command.agency_code: command.designated}
    if len(said) < len(set(dispute.raised.agencies)) or len(set(said.values())) > 1:
        return [consented]
    agreed = JurisdictionAgreed(
        jurisdiction_id=command.jurisdiction_id,
        designated=command.designated,
        handoff_id=dispute.raised.handoff_id,
        case_id=dispute.raised.case_id,
        on=rules.day(command.at),
    )
    return [consented, agreed]


def evolve(dispute: AnyDispute, event: JurisdictionEvent) -> Dispute:
    match dispute, event:
        case Nothing(), JurisdictionDisputeRaised():
            return Dispute(raised=event)
        case Dispute(), JurisdictionConsented():
            said = {**dispute.consents, event.agency_code: event.designated}
            return replace(dispute, consents=said)
        case Dispute(), JurisdictionAgreed():
            return replace(dispute, agreed=event)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {dispute}")


def owned(dispute: AnyDispute, caller: Context) -> bool:
    return isinstance(dispute, Dispute) and caller.agency in dispute.raised.agencies


def decider(rules: Rulebook) -> Decider[JurisdictionCommand, AnyDispute, JurisdictionEvent]:
    return build_decider(
        "jurisdiction",
        decide,
        evolve,
        rules,
        key="jurisdiction_id",
        owned=owned,
        opens=(RaiseJurisdictionDispute,),
    )
