"""A short run of faults; `make faults` makes a thousand."""

from pathlib import Path

import pytest

from tests.faults.breaking import OF_BROKERS
from tests.faults.cluster import FEW
from tests.faults.running import run

pytestmark = pytest.mark.broker


def test_whatever_breaks_the_ledgers_agree(tmp_path: Path) -> None:
    """All services, beside whose reports a story is told."""
    found = run(tmp_path, seed=7, faults=4, database="sqlite", replicas=1, stories=1)
    assert found.disagreements == []
    assert found.faults.total() == 4
    assert found.reports > 5
    assert found.steps >= 10


def test_with_three_brokers_one_may_break_at_any_time(tmp_path: Path) -> None:
    """And two replicas of each service: what waits is published and heard by the others. How long
    it waits is no test: `python -m tests.faults --brokers 3` says it."""
    found = run(
        tmp_path, seed=5, faults=4, database="postgresql", replicas=2, stories=0, brokers=3,
        services=FEW, only=OF_BROKERS,
    )  # fmt: skip
    assert found.disagreements == []
    assert found.faults.total() == 4
    assert found.reports > 5
