"""What cannot be asked of the harness is told in one line."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--seed", "seven"), "a seed is a number, not 'seven'"),
        (("--database", "oracle"), "there is no database oracle"),
    ],
)
def test_a_run_that_cannot_be_is_refused(words: tuple[str, ...], reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert reason in done.stdout
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
