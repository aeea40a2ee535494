"""The harness can fail: each planted fault is found, and it is told after how many histories."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from libs.events.core.kernel import Refused
from libs.events.deciding.settling import Settler
from libs.events.deciding.turn import Turn
from libs.events.kafka.ends import ForeignTail
from libs.events.listening import listener as listening
from libs.events.store import outages
from libs.events.store.vault import Vault
from tests.events.conftest import store as store
from tests.events.conftest import vault as vault
from tests.events.test_listening import partition
from tests.events.toy import OpenRoom, RoomOpened, asked, book, settler
from tests.soak.histories import Histories
from tests.soak.planted import PLANTS, blind_completion

pytestmark = pytest.mark.soak
# So many histories of each seed: the first ones of many find more than the many of one.
MOST, SEEDS = 20, 15
FOUND: dict[str, int] = {}
ONLY_FOUND = settings(
    max_examples=MOST, stateful_step_count=40, deadline=None, database=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    for name, number in FOUND.items():
        print(f"\n{name}: found after {number} histories", end="")


@pytest.mark.parametrize(("name", "planted"), PLANTS.items(), ids=PLANTS)
def test_a_planted_fault_is_found(name: str, planted: type[Histories]) -> None:
    runs = 0

    class Counted(planted):  # type: ignore[misc, valid-type]  # each has its own count
        def __init__(self) -> None:
            nonlocal runs
            runs += 1
            super().__init__()

    def histories() -> None:
        for number in range(1, SEEDS + 1):
            run_state_machine_as_test(seed(number)(Counted), settings=ONLY_FOUND)

    with pytest.raises((AssertionError, ForeignTail, ExceptionGroup)) as found:
        histories()
    for one in leaves(found.value):
        assert isinstance(one, AssertionError | ForeignTail), repr(one)
    FOUND[name] = runs


def leaves(fault: BaseException) -> Iterator[BaseException]:
    """What was noticed: a check of ours, or the relay's own of what Kafka holds."""
    if isinstance(fault, BaseExceptionGroup):
        for one in fault.exceptions:
            yield from leaves(one)
    else:
        yield fault


def test_a_completion_that_does_not_see_its_own_turn_is_found(
    store: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened_and_booked() -> Settler:
        toy = settler(store, vault)
        with toy.log.transaction() as tx:
            _, booked = toy.settle(tx, asked(OpenRoom(room="blue"), book()))
        assert not isinstance(booked, Refused)
        return toy

    monkeypatch.setattr(Turn, "cut", blind_completion)
    with pytest.raises(AssertionError):
        opened_and_booked()


def test_an_outage_told_by_the_class_of_an_exception_is_found(
    store: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One culprit in the database would be waited for as if the database were away."""

    def breaks(tx: object, facts: object) -> None:
        raise DBAPIError("a statement", None, Exception("this row is too long"))

    reaction = listening.Reaction(to=["toy"], project=breaks)
    inn = listening.Listener(settler(store, vault), {"inn.rooms": reaction})
    said = partition(RoomOpened(room="blue"))
    inn.take_in(said)  # parked, and nobody waits
    monkeypatch.setattr(outages, "verdict_of", lambda fault: outages.Verdict.AWAY)
    with pytest.raises(DBAPIError):
        inn.take_in(partition(RoomOpened(room="blue"), RoomOpened(room="red"))[1:])
