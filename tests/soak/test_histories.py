"""Histories of everything going wrong; `make soak` runs ten thousand."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.histories import Histories

pytestmark = pytest.mark.soak
SHORT = 100
HISTORIES = int(os.environ.get("LIANBAN_HISTORIES", SHORT))
SETTINGS = settings(
    max_examples=HISTORIES,
    stateful_step_count=40,
    deadline=None,
    # The short run is the same each time; the long one looks for what nobody has seen yet.
    derandomize=HISTORIES == SHORT,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


def test_whatever_happens_everything_has_its_effect_once() -> None:
    run_state_machine_as_test(Histories, settings=SETTINGS)


UNSHRUNK = settings(SETTINGS, phases=[Phase.generate], database=None)
