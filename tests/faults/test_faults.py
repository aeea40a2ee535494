"""A short run of faults; `make faults` makes a thousand."""

from pathlib import Path

import pytest

from tests.faults.running import run

pytestmark = pytest.mark.broker


@pytest.mark.parametrize(
    ("database", "replicas", "stories"), [("sqlite", 1, 0), ("postgresql", 2, 1)]
)
def test_whatever_breaks_the_ledgers_agree(
    tmp_path: Path, database: str, replicas: int, stories: int
) -> None:
    found = run(tmp_path, seed=7, faults=5, database=database, replicas=replicas, stories=stories)
    assert found.disagreements == []
    assert found.faults.total() == 5
    assert found.reports > 5
    assert found.steps >= 10 * stories
