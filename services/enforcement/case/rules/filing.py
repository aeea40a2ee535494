"""Filing: the case opens on the lead that the head has approved, and its clock runs.

Source: 行政处罚法 54, 60; docs/domain/enforcement.md.
"""

from libs.contracts.enforcement import CaseFiled, Procedure
from libs.contracts.vocabulary import CaseNo
from libs.events.core.kernel import NEXT
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.preparing import OpenCase


def term_of(rules: Rulebook, command: OpenCase) -> str:
    """By which rule an agency of this family is to decide: its own, or the general one."""
    own = f"ENF.DECISION.{command.family}"
    return own if rules.known(own, command.filed_on) else "ENF.DECISION.MAX"


def open_case(rules: Rulebook, command: OpenCase) -> CaseFiled:
    rule_code = term_of(rules, command)
    return CaseFiled(
        case_id=command.case_id,
        case_no=CaseNo(NEXT),
        lead_id=command.lead_id,
        lead_no=command.lead_no,
        source_channel=command.source_channel,
        source_ref=command.source_ref,
        handoff_id=command.handoff_id,
        agency_code=command.agency_code,
        procedure=Procedure.ORDINARY,
        subjects=command.subjects,
        parties=command.parties,
        power_item_code=command.power_item_code,
        act_date=command.act_date,
        act_end_date=command.act_end_date,
        location=command.location,
        discovered_on=command.discovered_on,
        safety_harm=command.safety_harm,
        filed_on=command.filed_on,
        decision_due_on=rules.last_day(rule_code, command.filed_on),
        approver=command.approver,
        rule_code=rule_code,
        rule_pack_version=rules.version,
    )
