"""Copies of a story have numbers of their own; and what is of no story, or of another, is seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from libs.console.comparing import Differs, Telling, Told
from libs.console.numbers import OwnNumbers, firm, person
from libs.console.play import Stage
from libs.console.scenario import NUMBER, Scenario
from libs.statute.identity import credit_code, person_number
from tests.conftest import PACK, ROOT

S6 = ROOT / "demo" / "scenarios" / "s6.yaml"
FIRM, MAN = firm(27), person(date(1990, 1, 1), "013")


def test_numbers_of_a_copy_hold_and_are_no_other_copys() -> None:
    said = f"party:{FIRM} and {MAN}, 津滨城罚〔2026〕1号"
    copies = [OwnNumbers(copy).of(said) for copy in range(1, 751)]
    assert len({*copies, said}) == 751
    for one in copies:
        number, man = one.removeprefix("party:").replace(",", "").split(" ")[:3:2]
        assert credit_code(number).body_holds
        assert person_number(man, date(2026, 1, 1)).born_on.year in range(1990, 1993)


def test_a_copy_keeps_what_is_wrong_and_what_is_no_number() -> None:
    own = OwnNumbers(3)
    wrong = FIRM[:-1] + ("0" if FIRM[-1] != "0" else "1")
    for text in (wrong, f"{MAN[:-1]}{(int(MAN[-1], 11) + 1) % 10}", "CGW", "P-WASTE-01"):
        assert own.of(text, "item_code") == text
    assert own.of("BANK-1", "voucher_no") == "BANK-1-3"
    assert OwnNumbers(0).of(FIRM) == FIRM


def test_a_number_that_a_service_gives_stands_for_whatever_comes() -> None:
    text = str(Scenario.read(S6, PACK, 2))
    assert "津滨城罚〔2026〕1号" not in text
    assert f"{NUMBER}1;" in text
    assert "津滨复〔2026〕2031号" in text  # somebody has written it
    assert "津滨城罚〔2026〕1号" in str(Scenario.read(S6, PACK))


@dataclass
class Heard:
    told: list[Told] = field(default_factory=list)

    async def new(self) -> list[Told]:
        told, self.told = self.told, []
        return told


def stage(*told: Told) -> Stage:
    nobody: Any = None
    tellings = [Telling(Scenario.read(S6, PACK, copy)) for copy in (1, 2)]
    made = Stage(nobody, Heard(list(told)), tellings)
    made.of_matter |= {"one": tellings[0], "two": tellings[1]}
    return made


def event(subject: str, matter: str) -> Told:
    return Told("grid.report_closed.v1", subject, datetime(2026, 6, 1, tzinfo=UTC), {}, "a", matter)


async def test_each_event_goes_to_the_story_whose_matter_it_is_in() -> None:
    # A matter that begins by itself is of the story whose stream it is on.
    here = stage(event("report/1", "one"), event("report/2", "two"), event("report/2", "later"))
    await here.share()
    assert [len(one.heard) for one in here.tellings] == [1, 2]


@pytest.mark.parametrize(
    "told",
    [
        [event("report/9", "nobody's")],
        [event("report/1", "one"), event("report/1", "two")],
    ],
    ids=["in no matter", "on another's stream"],
)
async def test_what_is_of_no_story_or_of_another_is_a_difference(told: Sequence[Told]) -> None:
    with pytest.raises(Differs):
        await stage(*told).share()
