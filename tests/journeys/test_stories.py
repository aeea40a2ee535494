"""Journeys across services over a real Kafka: stories as they are told, and rows as they came."""

import csv
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from libs.console.demo import play_all, replay_rows
from libs.console.mapping import Mapped, rows_in
from libs.console.scenario import Scenario
from libs.statute.pack import Unsound, read_pack
from tests.conftest import PACK, ROOT

STORIES = ROOT / "demo" / "scenarios"
BINHAI = ROOT / "jurisdictions" / "binhai"
QUIET = Console(file=io.StringIO())


@pytest.mark.broker
def test_the_first_difference_is_told(tmp_path: Path, var: Path, kafka_url: str) -> None:
    text = (STORIES / "s0.yaml").read_text("utf-8")
    wrong = tmp_path / "wrong.yaml"
    assert "to_agency: CGW" in text
    wrong.write_text(text.replace("to_agency: CGW", "to_agency: ZJW", 1), "utf-8")
    (difference,) = play_all([wrong], var, BINHAI, kafka_url, QUIET)
    assert "step 3: expected exchange.handoff_offered" in difference
    assert "'to_agency': 'CGW'" in difference


@pytest.mark.broker
def test_real_rows_come_out_as_the_city_judged_them(
    tmp_path: Path, var: Path, kafka_url: str
) -> None:
    lines = (ROOT / "demo" / "boston311.csv").read_text("utf-8").splitlines(keepends=True)
    rows = tmp_path / "rows.csv"
    rows.write_text("".join(lines[:41]), "utf-8")
    found = replay_rows(
        ROOT / "demo" / "boston311.yaml", rows, var, ROOT / "jurisdictions" / "boston",
        kafka_url, QUIET,
    )  # fmt: skip
    assert found["wrong"] == []
    assert found["rows"] == 40
    assert found["equal to the city's"] > 10


@pytest.mark.broker
def test_a_second_city_tells_the_same_story(tmp_path: Path, var: Path, kafka_url: str) -> None:
    """An invented pack: other codes, the same rules. Only the story's aliases know of it."""
    folder = tmp_path / "invented"
    shutil.copytree(BINHAI, folder)
    renamed = {"CGW": "CLEAN", "TEDA": "PORT", "WGZX": "DESK", "1201160102": "K-0102"}
    for file in folder.iterdir():
        text = file.read_text("utf-8")
        for old, new in renamed.items():
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
    story = tmp_path / "s0.yaml"
    aliases = "\n".join(f'  "{old}": {new}' for old, new in renamed.items())
    text = (STORIES / "s0.yaml").read_text("utf-8")
    story.write_text(f"aliases:\n{aliases}\n{text}", "utf-8")
    shown = io.StringIO()
    assert play_all([story], var, folder, kafka_url, Console(file=shown, width=200)) == []
    assert "13 steps, 22 events, as told" in shown.getvalue()
    # Its tree, and how long each hop took.
    assert re.search(r"exchange handoff_delivered 2026-06-01 .* \+\d+ ms", shown.getvalue())


STEP = "  - at: 2026-06-01 09:10\n"
BAD = {
    "no yaml": ("name: [", "1:"),
    "no steps": ("name: x\nbegins: 2026-01-01 00:00\nstreams: {}\n", "are needed"),
    "strange word": (STEP + "    dew: x\n", "step 1: what is"),
    "who": (STEP + "    do: grid.SubmitReport\n", "`do` wants `as`"),
    "no event": (STEP + "    expect: [Submitted]\n", "is no event"),
    "no stream": (STEP + "    expect: [{grid.ReportSubmitted: {stream: R9}}]\n", "no stream R9"),
    "no such id": (STEP + "    state: {R1: {case_id: $C9}}\n", "step 1: there is no stream C9"),
    "no such source": (STEP + "    state: {R1: {x: '$source:C9'}}\n", "no stream C9"),
    "no such decision": (STEP + "    state: {R1: {x: '$masked:C9'}}\n", "no stream C9"),
    "no such state": (STEP + "    state: {C9: {}}\n", "step 1: there is no stream C9"),
    "backwards": (STEP + "  - at: 2026-05-01 09:10\n", "lies before"),
}


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD)
def test_a_bad_story_is_refused_before_it_begins(tmp_path: Path, text: str, reason: str) -> None:
    head = "name: x\nbegins: 2026-01-01 00:00\nstreams: {R1: report}\nsteps:\n"
    file = tmp_path / "bad.yaml"
    file.write_text(head + text if text.startswith("  -") else text, "utf-8")
    with pytest.raises(Unsound, match=r"bad\.yaml") as told:
        Scenario.read(file, PACK)
    assert reason in str(told.value)


BAD_MAPPINGS = {
    "agency": ("ANML: ANML", "ANML: ZOO", "the pack has no ZOO"),
    "cell": ("Allston: N01-1", "Allston: N99-1", "the pack has no cell N99-1"),
    "outcome": ("ROA: OUTSIDE", "ROA: INSIDE", "there is no outcome INSIDE"),
    "part": ("closing:", "closings:", "closing is missing"),
}


BAD_ROWS = {
    "closed before it was opened": (
        lambda row: row | {"opened_at": row["closed_at"], "closed_at": row["opened_at"]},
        "closed before it was opened",
    ),
    "no id": (lambda row: row | {"case_id": ""}, "case_id is empty"),
    "no such kind": (lambda row: row | {"type": "Gossip"}, "'Gossip' is not mapped"),
    "no time": (lambda row: row | {"opened_at": "soon"}, "opened_at"),
    "no such column": (
        lambda row: {name: text for name, text in row.items() if name != "target_at"},
        "there is no column target_at",
    ),
    "twice": (lambda row: row, "stands here twice"),
}


@pytest.mark.parametrize(("change", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_refused_with_its_line(
    tmp_path: Path, change: Callable[[dict[str, str]], dict[str, str]], reason: str
) -> None:
    """Before anything is started."""
    row = next(
        one for _, one in rows_in(ROOT / "demo" / "boston311.csv") if one["closed_at"]
    )  # fmt: skip
    file = tmp_path / "rows.csv"
    changed = change(dict(row))
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(changed))
        writer.writeheader()
        writer.writerows([changed, changed] if reason == "stands here twice" else [changed])
    boston = read_pack(ROOT / "jurisdictions" / "boston")
    with pytest.raises(Unsound, match=r"(line \d|rows\.csv:\d)") as told:
        Mapped.read(ROOT / "demo" / "boston311.yaml", file, boston)
    assert reason in str(told.value)


@pytest.mark.parametrize(("was", "becomes", "reason"), BAD_MAPPINGS.values(), ids=BAD_MAPPINGS)
def test_a_bad_mapping_is_refused(tmp_path: Path, was: str, becomes: str, reason: str) -> None:
    text = (ROOT / "demo" / "boston311.yaml").read_text("utf-8")
    assert was in text
    file = tmp_path / "bad.yaml"
    file.write_text(text.replace(was, becomes, 1), "utf-8")
    boston = read_pack(ROOT / "jurisdictions" / "boston")
    with pytest.raises(Unsound, match=r"bad\.yaml") as told:
        Mapped.read(file, ROOT / "demo" / "boston311.csv", boston)
    assert reason in str(told.value)
