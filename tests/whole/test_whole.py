"""Thousands of real rows of two cities come out as their own files say they did."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from libs.console.mapping import Mapped, rows_in
from libs.statute.checking import check
from tests.conftest import needs_shared
from tests.whole.cities import BOSTON_ROWS, PINGSHAN_ROWS, read_boston, read_pingshan
from tests.whole.days import first_rows, replayed

# All of them with `make replay-all`.
ROWS = 300
OUTSIDE = ("ROA", "Case Referred to External Agency")
DUPLICATE = "Duplicate of Existing Case"


def keys_of(mapped: Mapped) -> set[str]:
    return {case.key for case in mapped.cases}


@needs_shared
def test_the_whole_file_of_boston_is_read_as_the_city_counts_it(tmp_path: Path) -> None:
    """Counted from the city's columns, and from what the mapping makes of them."""
    _, mapped = read_boston(tmp_path)
    judged = Counter(
        case.verdict for case in mapped.cases if case.closed is not None and case.target is not None
    )
    assert len(mapped.cases) == 16_210
    assert judged == {True: 5_783, False: 2_771, None: 33}
    outcomes = Counter(case.outcome for case in mapped.cases)
    # 60 and 29 left for an outside body, one of which is still open.
    assert (outcomes["DUPLICATE"], outcomes["OUTSIDE"]) == (288, 60 + 29 - 1)
    named = [case for case in mapped.cases if case.duplicate_of]
    known = keys_of(mapped)
    assert len(named) == 139
    assert sum(case.duplicate_of in known for case in named) == 92
    assert sum(case.duplicate_of == case.key for case in named) == 2
    assert sum(case.reallocated for case in mapped.cases) == 222


@pytest.mark.whole
@needs_shared
def test_rows_of_boston_come_out_as_the_city_judged_them(tmp_path: Path) -> None:
    pack, whole = read_boston(tmp_path)
    mapped = first_rows(whole, ROWS)
    found = asyncio.run(replayed(tmp_path, pack, mapped, lambda _: None))
    inside = keys_of(mapped)
    rows = [row for _, row in rows_in(BOSTON_ROWS) if row["case_id"] in inside]
    ends = [
        row for row in rows if row["closed_at"] and row["closure_code"] not in (*OUTSIDE, DUPLICATE)
    ]
    assert found["wrong"] == []
    assert found["rows"] == len(rows) == ROWS
    assert found["equal to the city's"] == sum(bool(row["target_at"]) for row in ends)
    assert found["duplicates"]["in the city's file"] == sum(
        row["closure_code"] == DUPLICATE for row in rows
    )
    assert found["duplicates"]["accepted"] > 0
    assert sum(found["routed by"].values()) > ROWS * 9 // 10
    assert set(found["parked"].values()) == {0}


@needs_shared
def test_the_pack_of_pingshan_holds_together(tmp_path: Path) -> None:
    """A kind is a sub type under its main type; a unit has the name it has most often."""
    pack, mapped = read_pingshan(tmp_path)
    assert check(pack) == []
    assert len(mapped.cases) == 6_952
    subs = {row["sub_type_code"] for _, row in rows_in(PINGSHAN_ROWS)}
    assert len({case.category_code for case in mapped.cases}) == len(subs) + 1 == 345
    assert {"178-602", "181-602"} <= {row["code"] for row in pack.tables["categories"]}
    assert sum(case.agency is None for case in mapped.cases) == 14
    names = {row["code"]: row["name_zh"] for row in pack.tables["agencies"]}
    assert names["U1583"] == "城市管理局"


@pytest.mark.whole
@needs_shared
def test_rows_of_pingshan_go_where_the_file_says(tmp_path: Path) -> None:
    pack, whole = read_pingshan(tmp_path)
    mapped = first_rows(whole, ROWS)
    found = asyncio.run(replayed(tmp_path, pack, mapped, lambda _: None))
    assert found["wrong"] == []
    assert found["rows"] == ROWS
    handed = sum(case.agency is not None for case in mapped.cases)
    assert sum(found["routed by"].values()) == handed
    assert set(found["routed by"]) == {"DEFAULT_LEAD", "DEFAULT_CO"}
    assert found["events"]["exchange exchange.handoff_accepted.v1"] == handed
    assert set(found["parked"].values()) == {0}
