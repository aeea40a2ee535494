"""The record of access: every erasure leaves a tombstone. Source: docs/domain/privacy.md."""

from typing import Final

from libs.contracts.oversight import AccessAudited
from libs.events.core.deciders import build_decider
from libs.events.core.kernel import State
from services.oversight.access.commands import AuditAccess


class Day(State):
    """What was told of a matter on a day: a repeat records nothing."""

    told: frozenset[tuple[str, ...]] = frozenset()


def decide(command: AuditAccess, day: Day) -> list[AccessAudited]:
    audited = AccessAudited(
        day=command.day,
        by=command.by,
        role=command.role,
        purpose=command.purpose,
        fields=(command.matter, *command.fields),
        at=command.at,
        kind=command.kind,
    )
    return [] if key_of(audited) in day.told else [audited]


def key_of(event: AccessAudited) -> tuple[str, ...]:
    return (event.kind, event.by, event.purpose, *event.fields)


def evolve(day: Day, event: AccessAudited) -> Day:
    return Day(told=day.told | {key_of(event)})


DECIDER: Final = build_decider("access", decide, evolve, key="of_day", initial=Day(), shared=True)
