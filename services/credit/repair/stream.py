"""A repair: asked for by the party, accepted or returned, decided by who recognised the record."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.vocabulary import Role
from libs.events.core.fields import FIRST_PAGE, Paging
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.credit.known import Ground
from services.credit.repair.commands import AcceptRepair, ApplyRepair, DecideRepair, ReturnRepair
from services.credit.repair.projection import RepairRow, find_page, find_repair, is_pending, project
from services.credit.repair.rules import AnyRepair, decider

OFFICERS: Final = (Role.CREDIT_OFFICER,)
READERS: Final = (Role.CREDIT_OFFICER, Role.LISTING_AUTHORITY, Role.SUPERVISOR, Role.OPS)
Grounds = Callable[[Connection, Sequence[UUID]], Sequence[Ground]]
# The rule by which one leaves a list early; none, where there is no such rule.
EarlyExit = Callable[[Connection, UUID], str]
# Whether what a listing is for is still owed.
Unpaid = Callable[[Connection, UUID], bool]


class RepairPage(BaseModel):
    repairs: Sequence[RepairRow]
    next: str | None


def find_repairs(
    tx: Connection, pending: bool = True, due_by: date | None = None, page: Paging = FIRST_PAGE
) -> RepairPage:
    """Those that wait for somebody, or all, the oldest first; `due_by`: to be decided by then."""
    found, following = find_page(tx, pending=pending, due_by=due_by, page=page)
    return RepairPage(repairs=found, next=following)


def repair(rules: Rulebook, grounds: Grounds, early_exit: EarlyExit, unpaid: Unpaid) -> Stream:
    def applied(tx: Connection, command: ApplyRepair, repair: AnyRepair) -> ApplyRepair:
        ground = next(iter(grounds(tx, [command.record_id])), None)
        listed = None if ground is None else ground.listing_id
        return replace(
            command,
            ground=ground,
            early_exit="" if listed is None else early_exit(tx, listed),
            unpaid=listed is not None and unpaid(tx, listed),
            pending=is_pending(tx, command.record_id, command.repair_id),
            matter=None if ground is None else ground.matter,
        )

    def decided(tx: Connection, command: DecideRepair, repair: AnyRepair) -> DecideRepair:
        row = find_repair(tx, command.repair_id)
        ground = None if row is None else next(iter(grounds(tx, [row.record_id])), None)
        listed = None if ground is None else ground.listing_id
        return replace(
            command,
            ground=ground,
            early_exit="" if listed is None else early_exit(tx, listed),
            unpaid=listed is not None and unpaid(tx, listed),
        )

    path = "/repairs/{repair_id}"
    return Stream(
        name="repair",
        decider=decider(rules),
        completions={
            ApplyRepair: Completion(asks=("repair", "record", "listing"), complete=applied),
            DecideRepair: Completion(asks=("repair", "record", "listing"), complete=decided),
        },
        projections=[project],
        commands=[
            post(
                ApplyRepair,
                "/repairs",
                (Role.PARTY,),
                "role-not-allowed repair-not-possible repair-duties-open repair-too-early "
                "idempotency-conflict",
                status=201,
            ),
            post(AcceptRepair, f"{path}/accept", OFFICERS, "not-found out-of-turn"),
            post(ReturnRepair, f"{path}/return", OFFICERS, "not-found out-of-turn"),
            post(
                DecideRepair,
                f"{path}/decide",
                (Role.LISTING_AUTHORITY,),
                "not-found out-of-turn provider-not-allowed repair-not-possible "
                "repair-duties-open repair-too-early approver-required signature-invalid",
            ),
        ],
        queries=[get("/repairs", find_repairs, READERS)],
    )
