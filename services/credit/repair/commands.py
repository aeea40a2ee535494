"""What may be asked of a repair.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from typing import Annotated, TypeAlias

from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency, CallingPerson, SecondPerson
from libs.events.core import fields as f
from libs.events.core.kernel import Command
from services.credit.known import Ground


class ApplyRepair(Command):
    """By the subject itself, with a commitment. `ground` is the record as it stands, `early_exit`
    the rule of its list, `unpaid` whether what it was listed for is still owed, `pending` whether
    it has asked already."""

    repair_id: v.RepairId
    record_id: v.RecordId
    proofs: Annotated[tuple[v.FileRef, ...], f.Limits(min_length=1, max_length=20)]
    commitment: f.Text
    by: CallingPerson
    at: f.Now
    ground: f.Completed[Ground | None] = None
    early_exit: f.Completed[str] = ""
    unpaid: f.Completed[bool] = True
    pending: f.Completed[bool] = True
    matter: f.Completed[v.Matter | None] = None


class AcceptRepair(Command):
    repair_id: v.RepairId
    at: f.Now


class ReturnRepair(Command):
    repair_id: v.RepairId
    missing: Annotated[tuple[f.Short, ...], f.Limits(min_length=1, max_length=20)]
    at: f.Now


class DecideRepair(Command):
    """By who issued the document that the record rests on: 谁认定、谁修复. `ground` is the record
    as it stands now, for what was asked for in time may have fallen or changed since."""

    repair_id: v.RepairId
    granted: bool
    reason: f.Text
    agency_code: CallingAgency
    approver: SecondPerson
    at: f.Now
    ground: f.Completed[Ground | None] = None
    early_exit: f.Completed[str] = ""
    unpaid: f.Completed[bool] = True


RepairCommand: TypeAlias = ApplyRepair | AcceptRepair | ReturnRepair | DecideRepair
