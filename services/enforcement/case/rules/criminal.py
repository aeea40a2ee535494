"""A crime is suspected: the head approves, the police get it, and it may come back.

Source: 国务院令310号 5-13; 行政处罚法 8, 27; docs/domain/enforcement.md.
"""

from typing import Final, assert_never

from libs.contracts.enforcement import (
    CaseClockPaused,
    CaseEvent,
    CriminalCaseReturned,
    CriminalFilingDecided,
    CriminalMaterialsHandedOver,
    CriminalTransferApproved,
    CriminalTransferred,
)
from libs.contracts.vocabulary import ReasonCode
from libs.events.core.kernel import Refused
from libs.statute.rulebook import Rulebook
from services.enforcement.case.commands.executing import (
    ApproveCriminalTransfer,
    CriminalCommand,
    HandOverCriminalCase,
    HandOverMaterials,
    RecordCriminalFiling,
    RecordCriminalReturn,
)
from services.enforcement.case.rules.guards import out_of_turn, require_two
from services.enforcement.case.rules.hearing import HEARING
from services.enforcement.case.rules.investigating import resumed
from services.enforcement.case.rules.state import BEFORE_DECISION, Case, Stage, Transfer

WITH_POLICE: Final = ReasonCode("CRIMINAL_TRANSFER")
REPORT: Final = "REPORT_CRIME"
# 310号 6: transfer letter, investigation report, list of goods, test report or appraisal, others.
DOCUMENTS: Final = ("TRANSFER_LETTER", "INVESTIGATION_REPORT", "GOODS_LIST", "APPRAISAL", "OTHER")


def decide(rules: Rulebook, command: CriminalCommand, case: Case) -> list[CaseEvent]:
    match command, case.stage, case.transfer:
        case ApproveCriminalTransfer(), stage, _ if stage in BEFORE_DECISION and (
            stage is not Stage.FILED
        ):
            return approve(rules, command, case)
        case ApproveCriminalTransfer(), Stage.TRANSFERRED, Transfer() as transfer if (
            transfer.approved.crime == command.crime
        ):
            return []
        case HandOverCriminalCase(), Stage.TRANSFERRED, Transfer() as transfer:
            return hand_over(rules, command, case, transfer)
        case RecordCriminalFiling(), Stage.TRANSFERRED, Transfer() as transfer:
            return filed(rules, command, transfer)
        case HandOverMaterials(), Stage.TRANSFERRED, Transfer() as transfer:
            return hand_over_materials(rules, command, case, transfer)
        case RecordCriminalReturn(), Stage.TRANSFERRED, _:
            return returned(rules, command, case)
        case ((RecordCriminalFiling() | RecordCriminalReturn()), _, _):
            raise Refused("request-unknown", "The police do not have this case")
        case (
            (ApproveCriminalTransfer() | HandOverCriminalCase() | HandOverMaterials()),
            _,
            _,
        ):
            raise out_of_turn(command, case)
        case _:
            assert_never(command)


def approve(rules: Rulebook, command: ApproveCriminalTransfer, case: Case) -> list[CaseEvent]:
    """The head in person, on the officers' report: 5. The clock stands still."""
    reports = [one for one in case.steps if one.step_kind == REPORT]
    if not reports:
        raise Refused(
            "record-incomplete",
            "The report on the suspected crime is missing: record a step REPORT_CRIME first",
            missing=[REPORT],
            basis="国务院令310号 5",
        )
    on = rules.day(command.at)
    approved = CriminalTransferApproved(
        case_id=command.case_id,
        crime=command.crime,
        approver=command.approver,
        report_on=rules.day(reports[-1].ended_at),
    )
    events: list[CaseEvent] = [approved]
    if HEARING in case.running:
        # The hearing will not be held: its clock ends where that of the police begins.
        events.append(resumed(rules, case, HEARING, on))
    if WITH_POLICE not in case.running:
        paused = CaseClockPaused(case_id=command.case_id, reason=WITH_POLICE, on=on)
        events.append(paused)
    return events


def hand_over(
    rules: Rulebook, command: HandOverCriminalCase, case: Case, transfer: Transfer
) -> list[CaseEvent]:
    """With its five documents: 6."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    missing = [one for one in DOCUMENTS if not command.docs.get(one)]
    if missing:
        raise Refused(
            "transfer-documents-missing",
            "These documents are missing: {missing}",
            missing=missing,
            basis="国务院令310号 6",
        )
    known = transfer.handed_over
    if known is not None and known.handoff_id != command.handoff_id:
        raise Refused("out-of-turn", "The case has been handed to the police already")
    if known is not None:
        return []
    return [
        CriminalTransferred(
            case_id=command.case_id,
            case_no=case.filed.case_no,
            handoff_id=command.handoff_id,
            police_unit=command.police_unit,
            crime=transfer.approved.crime,
            docs=command.docs,
            subjects=case.filed.subjects,
        )
    ]


def require_handed_over(handoff_id: object, transfer: Transfer | None) -> None:
    known = transfer.handed_over if transfer else None
    if known is None or (handoff_id is not None and known.handoff_id != handoff_id):
        raise Refused("request-unknown", "The police do not have this case")


def filed(rules: Rulebook, command: RecordCriminalFiling, transfer: Transfer) -> list[CaseEvent]:
    require_handed_over(command.handoff_id, transfer)
    if transfer.filing is not None:
        return []
    return [
        CriminalFilingDecided(
            case_id=command.case_id,
            handoff_id=command.handoff_id,
            filed=True,
            reason=None,
            on=rules.day(command.at),
        )
    ]


def hand_over_materials(
    rules: Rulebook, command: HandOverMaterials, case: Case, transfer: Transfer
) -> list[CaseEvent]:
    """Once they have filed it: 12."""
    require_two(rules, command.signed, case.filed.agency_code, command.at)
    if transfer.filing is None or not transfer.filing.filed:
        raise Refused(
            "out-of-turn",
            "The police have not filed the case: materials are handed over after filing",
            basis="国务院令310号 12",
        )
    if transfer.materials is not None:
        return []
    on = rules.day(command.at)
    return [CriminalMaterialsHandedOver(case_id=command.case_id, items=command.items, on=on)]


def returned(rules: Rulebook, command: RecordCriminalReturn, case: Case) -> list[CaseEvent]:
    """It is no crime after all: penalties become possible, and the clock goes on. 10, 13; 27."""
    require_handed_over(None, case.transfer)
    back = CriminalCaseReturned(
        case_id=command.case_id,
        from_stage=command.from_stage,
        reason=command.reason,
        on=command.returned_on,
    )
    if WITH_POLICE not in case.running:
        return [back]
    return [back, resumed(rules, case, WITH_POLICE, command.returned_on)]
