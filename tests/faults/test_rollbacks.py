"""A few decisions that fall while services are killed; `make rollbacks` makes fifty."""

from pathlib import Path

import pytest

from tests.faults.rollbacks import run

pytestmark = pytest.mark.broker


def test_killed_in_the_midst_of_it_a_rollback_ends_in_the_same_place(tmp_path: Path) -> None:
    found = run(tmp_path, runs=2, seed=1)
    assert found.differing() == []
    assert found.calm.steps["RECORD"].startswith("DONE")
    assert found.calm.steps["MEASURES"].startswith("OPEN")
    assert all(one.killed for one in found.others)
