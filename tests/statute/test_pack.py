"""A pack that does not hold together is refused, with file, line and reason."""

import shutil
from pathlib import Path

import pytest

from libs.statute.checking import ENFORCED, check
from libs.statute.pack import Unsound, read_pack
from tests.conftest import ROOT


@pytest.mark.parametrize("city", ["binhai", "boston"])
def test_a_pack_of_ours_holds_together(city: str) -> None:
    assert check(read_pack(ROOT / "jurisdictions" / city)) == []


FAULTS = {
    "unknown lead": (
        "categories.csv",
        "exposed rubbish,CGW",
        "exposed rubbish,XXX",
        "there is no agency XXX",
    ),
    "rule without unit": ("rules.csv", "GRID.REGISTER,2,WH", "GRID.REGISTER,2,", "has no unit"),
    "gap in the calendar": ("calendar.csv", "2019-01-03,1,workday,\n", "", "2019-01-03 is missing"),
    "day twice": (
        "calendar.csv",
        "2019-01-03,1,workday,\n",
        "2019-01-02,1,workday,\n",
        "stands here twice",
    ),
    "no number": ("rules.csv", "GRID.REGISTER,2,WH", "GRID.REGISTER,two,WH", "rules.csv:2: value"),
    "too many cells": (
        "channels.csv",
        "GRID_APP,APP_WORKER",
        "GRID_APP,,APP_WORKER",
        "channels.csv:2: 9 cells, not 8",
    ),
    "no such zone": ("jurisdiction.csv", "Asia/Shanghai", "Asia/Nowhere", "time_zone"),
    "hours": ("jurisdiction.csv", "13:30–18:00", "11:30–18:00", "not in order"),
    "score without a grade": (
        "credit_score.csv",
        "GRADE,B,700,,,,信用良好,DESIGN\n",
        "",
        "credit_score.csv:1: B is missing",
    ),
    "score without unit": ("credit_score.csv", ",24,MONTH,履行", ",24,,履行", "no unit of time"),
    "score of no kind": ("credit_score.csv", "BOUND,BASE", "BOUNDS,BASE", "BOUNDS is none of"),
    "unknown kind": (
        "subscriptions.csv",
        "WGZX,DISPATCH;",
        "WGZX,DISPATCHED;",
        "there is no kind DISPATCHED",
    ),
}


@pytest.mark.parametrize(("file", "was", "becomes", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_bad_row_is_told(tmp_path: Path, file: str, was: str, becomes: str, reason: str) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(ROOT / "jurisdictions" / "binhai", folder)
    text = (folder / file).read_text("utf-8")
    assert was in text
    (folder / file).write_text(text.replace(was, becomes, 1), "utf-8")
    try:
        told = check(read_pack(folder))
    except Unsound as unsound:
        told = [str(unsound)]
    assert any(reason in line and line.startswith(file) for line in told), told


@pytest.mark.parametrize("code", ENFORCED)
def test_who_punishes_without_a_rule_it_needs_is_told(tmp_path: Path, code: str) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(ROOT / "jurisdictions" / "binhai", folder)
    rules = folder / "rules.csv"
    lines = rules.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{code},")]
    assert len(kept) < len(lines)
    rules.write_text("".join(kept), "utf-8")
    assert f"rules.csv:1: there is no rule {code}" in check(read_pack(folder))
