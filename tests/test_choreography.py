"""What reacts to what, as the code declares it, is what docs/choreography.md and the domain say."""

import re
from collections.abc import Mapping

import pytest

from libs.events.declaring.choreography import picture
from tests.choreography import DECLARED, DOCUMENT, document
from tests.conftest import SHARED, needs_shared
from tests.declared import services

# What reacts to what beyond the domain's table, (event, command), and why.
ADDED: Mapping[tuple[str, str], str] = {
    (
        "enforcement.ReconsiderationDecided",
        "credit.AnnotateRecord",
    ): "a decision that stays as it is must be free for measures again",
    (
        "credit.IncentiveRevoked",
        "exchange.CloseHandoff",
    ): "an order whose incentive has ended is over",
    (
        "mediation.MediationTerminated",
        "exchange.AcceptHandoff",
    ): "who ends a dispute that was never accepted answers for its handoff all the same",
    (
        "credit.SevereDelisted",
        "credit.WithdrawRecord",
    ): "a listing that its authority revokes takes its record with it",
}
ROW = re.compile(r"^\| \d+ \| `(\w+\.\w+)` \|[^|]*\| (\w+) \| `(\w+\.\w+)` →.*\| (CORE|LATER) \|$")


def rows() -> Mapping[tuple[str, str], str]:
    """Of the domain's table those between services that stand: event and command, and the cut."""
    text = (SHARED / "domain" / "choreography.md").read_text("utf-8")
    found = [row.groups() for line in text.splitlines() if (row := ROW.match(line))]
    assert len(found) > 150
    there = services().keys()
    return {
        (event, command): cut
        for event, service, command, cut in found
        if event.partition(".")[0] in there and service in there
    }


@needs_shared
def test_every_core_row_is_declared_and_nothing_that_no_row_says() -> None:
    declared = {(one.event, f"{one.service}.{one.command}") for one in DECLARED}
    known = rows()
    core = {row for row, cut in known.items() if cut == "CORE"}
    assert core - declared == set(), "the domain's table has these, and no stream declares them"
    beyond = "declared beyond the domain's table: name it in ADDED, with its reason"
    assert declared - known.keys() - ADDED.keys() == set(), beyond
    assert ADDED.keys() <= declared - known.keys(), "in ADDED, and not needed there"


def test_the_page_is_what_the_code_declares() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run `make docs`"


def test_the_table_says_when() -> None:
    text = document()
    assert "| `enforcement.CaseClockResumed` | what stopped the clock was a test |" in text
    arrows = {(one.event, one.service, one.stream) for one in DECLARED}
    assert len(list(picture(DECLARED))) == 1 + len(arrows)


@pytest.mark.parametrize("service", services())
def test_what_a_service_consumes_is_what_its_streams_declare(service: str) -> None:
    """Derived, never listed: a reaction to an event whose topic is not consumed cannot be."""
    made = services()[service]
    for stream in made.streams:
        for name, heard in stream.heard(service).items():
            assert sorted(made.reactions[name].to) == sorted(heard.to)
        for one in stream.reactions.all if stream.reactions else ():
            consumed = {source for reaction in made.reactions.values() for source in reaction.to}
            assert one.sources <= consumed
