"""The tests that speak of all rules of a decider at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import product
from typing import Any

from libs.events.core.kernel import Decider, Refused
from libs.events.declaring.stream import Stream
from libs.events.http.edge import ALWAYS
from tests.declared import services


@cache
def declared() -> Mapping[str, Stream]:
    """Every stream of every service that decides something, by the name of its decider."""
    return {
        one.decider.stream: one
        for service in services().values()
        for one in service.streams
        if one.decider is not None
    }


@cache
def documented() -> Mapping[str, Sequence[str]]:
    """What the pages say that each command asked over HTTP may be refused for, by its name."""
    return {command: slugs for one in declared().values() for command, slugs in one.refused.items()}


class AllTheRules:
    """Every command asked at every moment. A subclass says which there are."""

    decider: Decider[Any, Any, Any]
    commands: Sequence[Any]
    pasts: Sequence[Sequence[Any]]
    # What is said anew each time it is asked, and why.
    repeatable: tuple[type, ...] = ()

    def test_every_refusal_is_one_that_the_page_tells_of(self) -> None:
        untold = set()
        for past, command in product(self.pasts, self.commands):
            known = documented().get(type(command).__name__)
            try:
                self.decider.decide(command, self.decider.fold(past))
            except Refused as refusal:
                if known is not None and refusal.rule not in (*known, *ALWAYS):
                    untold.add((type(command).__name__, refusal.rule))
        assert untold == set()

    def test_every_answer_can_be_remembered(self) -> None:
        for past, _, answer in self.answers():
            self.decider.fold([*past, *answer])

    def test_nothing_is_said_twice(self) -> None:
        for past, command, answer in self.answers():
            if isinstance(command, self.repeatable):
                continue
            with suppress(Refused):
                state = self.decider.fold([*past, *answer])
                assert self.decider.decide(command, state) == []

    def test_every_command_does_something_and_every_event_has_a_command(self) -> None:
        told = [(command, event) for _, command, answer in self.answers() for event in answer]
        assert {type(command) for command, _ in told} == set(self.decider.commands)
        known = declared()[self.decider.stream].events
        assert {type(event) for _, event in told} == set(known)

    def answers(self) -> Iterator[tuple[Sequence[Any], Any, list[Any]]]:
        for past, command in product(self.pasts, self.commands):
            with suppress(Refused):
                yield past, command, self.decider.decide(command, self.decider.fold(past))
