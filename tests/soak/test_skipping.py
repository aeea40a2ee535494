"""Nobody who tails the log skips anything; and the detector would say so."""

from pathlib import Path

import pytest

from tests.postgresql import postgresql_url
from tests.soak.skipping import detect

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_is_skipped(database: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db" if database == "sqlite" else postgresql_url()
    found = detect(url, 20_000, seconds=240)
    assert (found.read >= 20_000, found.skipped) == (True, 0)
    assert found.kills > 3


def test_the_detector_finds_a_log_that_gives_positions_out_too_early(tmp_path: Path) -> None:
    found = detect(f"sqlite:///{tmp_path}/log.db", 20_000, seconds=20, leaky=True)
    assert found.skipped > 0
