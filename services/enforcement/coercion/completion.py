"""What a seizure leaves open: certificates, power, what it is under, and what is seized already.

It is asked under the lock; the questions are other files', and come from `main`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts.vocabulary import (
    AgencyCode,
    Location,
    Matter,
    PersonId,
    PowerItemCode,
    SubjectRef,
)
from libs.events.core.kernel import Hidden
from libs.statute.rulebook import Rulebook
from services.enforcement.coercion.commands import ImposeCoerciveMeasure
from services.enforcement.coercion.rules import AnyCoercion


class Item(Protocol):
    @property
    def may_seize(self) -> bool: ...
    def owned_by(self, agency_code: AgencyCode, on: date, *, local: bool) -> bool: ...


class Agency(Protocol):
    @property
    def territory(self) -> str: ...
    @property
    def is_street(self) -> bool: ...


class Known(Protocol):
    @property
    def agencies(self) -> Mapping[AgencyCode, Agency]: ...
    @property
    def items(self) -> Mapping[PowerItemCode, Item]: ...
    def certified(self, agency_code: AgencyCode, on: date) -> Sequence[PersonId]: ...


class Under(Protocol):
    """The lead or case that a measure is imposed under."""

    @property
    def agency_code(self) -> AgencyCode: ...
    @property
    def matter(self) -> Matter: ...
    @property
    def subjects(self) -> tuple[SubjectRef, ...] | Hidden: ...
    @property
    def location(self) -> Location | Hidden | None: ...


ReadKnown: TypeAlias = Callable[[Connection], Known]
FindUnder: TypeAlias = Callable[[Connection, UUID | None, UUID | None], Under | None]
FindTaken: TypeAlias = Callable[[Connection, Sequence[UUID]], frozenset[UUID]]


def complete_measure(
    rules: Rulebook,
    read_known: ReadKnown,
    find_under: FindUnder,
    find_taken: FindTaken,
    tx: Connection,
    command: ImposeCoerciveMeasure,
    coercion: AnyCoercion,
) -> ImposeCoerciveMeasure:
    known, on = read_known(tx), rules.day(command.at)
    certified = set(command.officers).intersection(known.certified(command.agency_code, on))
    item = known.items.get(command.power_item_code)
    under = find_under(tx, command.lead_id, command.case_id)
    agency = known.agencies.get(command.agency_code)
    place = under.location if under is not None else None
    cell = "" if place is None or isinstance(place, Hidden) else place.cell_code or ""
    local = agency is not None and agency.is_street and rules.within(cell, agency.territory)
    owned = item is not None and item.owned_by(command.agency_code, on, local=local)
    theirs = under is not None and under.agency_code == command.agency_code
    return replace(
        command,
        certified=frozenset(certified),
        may_seize=item is not None and owned and item.may_seize,
        under=theirs,
        subjects=under.subjects if under is not None and theirs else (),
        matter=under.matter if under is not None and theirs else None,
        taken=find_taken(tx, [one.item_id for one in command.items]),
    )
