"""Whether the cut of power cuts: it must be able to find that something was not synced."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from libs.events.store.databases import open_engine
from tests.faults import power

# It writes row after row, tells the number of each once it is committed, and is killed.
WRITER = """
import sys
from libs.events.store.databases import open_engine
raw = open_engine(sys.argv[1]).raw_connection().driver_connection
raw.execute(f"PRAGMA synchronous = {sys.argv[2]}")
raw.execute("CREATE TABLE rows (n INTEGER)")
for n in range(1, 10_000):
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("INSERT INTO rows VALUES (?)", (n,))
    raw.execute("COMMIT")
    print(n, flush=True)
"""


def acknowledged_and_kept(folder: Path, synchronous: str) -> tuple[int, int]:
    url = f"sqlite:///{folder}/power.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url, synchronous], stdout=subprocess.PIPE, text=True,
        env=power.environment(folder), cwd=Path(__file__).resolve().parents[2],
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        last = max(int(line) for _, line in zip(range(300), lines, strict=False))
        process.kill()
    assert power.cut(folder)
    if not inspect(engine := open_engine(url)).has_table("rows"):
        return last, 0
    with engine.connect() as tx:
        kept = tx.execute(text("SELECT coalesce(max(n), 0) FROM rows")).scalar_one()
    return last, int(kept)


@pytest.mark.skipif(power.compiler() is None, reason="there is no C compiler to build the probe")
def test_what_was_acknowledged_survives_and_what_was_not_synced_does_not(tmp_path: Path) -> None:
    synced, careless = tmp_path / "synced", tmp_path / "careless"
    synced.mkdir()
    careless.mkdir()
    last, kept = acknowledged_and_kept(synced, "FULL")
    assert kept >= last == 300
    last, kept = acknowledged_and_kept(careless, "OFF")
    assert kept < last == 300
