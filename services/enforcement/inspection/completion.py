"""What a draw leaves open: which officers there are, and whether the log has stood so far."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeAlias

from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode, CertificateNo, Officer, PersonId
from libs.statute.rulebook import Rulebook
from services.enforcement.inspection.commands import CompleteInspection, DrawInspection, Plan
from services.enforcement.inspection.rules import AnyInspection


class Issued(Protocol):
    @property
    def certificate_no(self) -> CertificateNo: ...


class Known(Protocol):
    @property
    def officers(self) -> Mapping[PersonId, Issued]: ...
    def certified(self, agency_code: AgencyCode, on: date) -> Sequence[PersonId]: ...


class Drawn(Protocol):
    @property
    def seed(self) -> str: ...
    @property
    def list_hash(self) -> str: ...
    @property
    def count(self) -> int: ...


ReadKnown: TypeAlias = Callable[[Connection], Known]
# Whether the log has stood where a witness says.
IsWitnessed: TypeAlias = Callable[[Connection, str], bool]
FindPlan: TypeAlias = Callable[[Connection, AgencyCode, str], Drawn | None]


def complete_draw(
    rules: Rulebook,
    read_known: ReadKnown,
    is_witnessed: IsWitnessed,
    find_plan: FindPlan,
    tx: Connection,
    command: DrawInspection,
    inspection: AnyInspection,
) -> DrawInspection:
    known, on = read_known(tx), rules.day(command.at)
    drawn = find_plan(tx, command.agency_code, command.plan_no)
    officers = tuple(
        Officer(officer_id=one, certificate_no=known.officers[one].certificate_no)
        for one in known.certified(command.agency_code, on)
    )
    return replace(
        command,
        officers=officers,
        witnessed=is_witnessed(tx, command.witness),
        plan=None
        if drawn is None
        else Plan(seed=drawn.seed, list_hash=drawn.list_hash, count=drawn.count),
    )


def complete_result(
    rules: Rulebook,
    read_known: ReadKnown,
    tx: Connection,
    command: CompleteInspection,
    inspection: AnyInspection,
) -> CompleteInspection:
    certified = read_known(tx).certified(command.agency_code, rules.day(command.at))
    return replace(command, certified=frozenset(set(command.officers).intersection(certified)))
