"""A second real city: a district's pack and mapping, made from nothing but its file's columns.

The file says who got each event and of what kind it was, by day. It has no closing time and no
place closer than a community; that events lie somewhere in its square is invented here.
"""

import csv
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import chinese_calendar
import yaml

from libs.console.mapping import rows_in

NOTHING: Final = "-"
DESK: Final = "DESK"
WATCH: Final = "WATCH"
DISTRICT: Final = "440310"
KEPT: Final = ("sla_classes", "handoff_kinds", "handoff_bodies", "return_reasons")
SINCE: Final = "2018-01-01"
FIRST, LAST = date(2018, 1, 1), date(2019, 12, 31)

Columns = Mapping[str, str]


def make_pack(folder: Path, binhai: Path, file: Path) -> Path:
    """The pack. What is the country's is Binhai's; what is the place's comes from the file."""
    rows = [row for _, row in rows_in(file)]
    folder.mkdir()
    for name in KEPT:
        shutil.copy(binhai / f"{name}.csv", folder / f"{name}.csv")
    # All that is said of an event is the name of its kind, which may be two characters.
    rules = table(binhai / "rules.csv")
    shortest = {"GRID.TEXT.MIN": "1"}
    write(
        folder / "rules.csv",
        [{**one, "value": shortest.get(one["code"], one["value"])} for one in rules],
    )
    facts = {row["key"]: row["value"] for row in table(binhai / "jurisdiction.csv")}
    facts |= {
        "code": DISTRICT, "name_zh": "坪山区", "name_en": "Pingshan", "trace_prefix": "PS-TR",
        "pack_version": "pingshan-2018.1", "receiver_agency": DESK, "supervisor_agency": WATCH,
        "calendar_from": FIRST.isoformat(), "calendar_to": LAST.isoformat(),
    }  # fmt: skip
    write(folder / "jurisdiction.csv", [{"key": k, "value": v} for k, v in facts.items()])
    numbers = table(binhai / "numbers.csv")
    write(
        folder / "numbers.csv",
        [{**row, "pattern": row["pattern"].replace("BH", "PS")} for row in numbers],
    )
    write(folder / "agencies.csv", agencies(rows))
    write(folder / "territory.csv", territory(rows))
    write(folder / "categories.csv", categories(rows))
    write(folder / "channels.csv", channels(rows))
    write(folder / "calendar.csv", calendar())
    write(folder / "subscriptions.csv", subscriptions(rows))
    (folder / "cells.geojson").write_text(json.dumps(cells(rows), ensure_ascii=False), "utf-8")
    return folder


def make_mapping(mapping: Path, file: Path) -> Path:
    rows = [row for _, row in rows_in(file)]
    told = {
        "columns": {"id": "rec_id", "opened": "create_time", "description": "sub_type"},
        "verdicts": {},
        "place": {
            "address": ["street_name", "community_name"],
            "nowhere": "坪山区",
            "cell": {
                "column": "community_code",
                "values": {code: f"K{code}" for code in named(rows, "community")},
                "default": f"K{min(named(rows, 'community'))}",
            },
        },
        "category": {
            "column": ["main_type_code", "sub_type_code"],
            "values": {kind_of(row): kind_of(row) for row in rows},
        },
        "agency": {
            "column": "dispose_unit_code",
            "values": {code: f"U{code}" for code in named(rows, "dispose_unit")},
            "default": None,
        },
        "channel": {
            "column": "event_src_code",
            "values": {
                code: {"channel": f"W{code}", "role": "CITIZEN"}
                for code in named(rows, "event_src")
            },
        },
        "reallocated": {"column": "archive_result", "values": [], "reason": "", "basis": ""},
        "closing": {"column": "archive_result", "values": {}, "default": "SOLVED"},
        "acts": {
            "receiver": {"agency": DESK, "person": "receiver"},
            "dispatcher": {"agency": DESK, "person": "dispatcher"},
            "reporter": {"agency": "PUBLIC"},
        },
    }  # fmt: skip
    mapping.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    return mapping


def kind_of(row: Columns) -> str:
    """A sub type has its meaning under its main type: one code stands under two of them."""
    return f"{row['main_type_code']}-{row['sub_type_code']}"


def named(rows: Sequence[Columns], what: str) -> dict[str, str]:
    """Each code with the name it has most often; `-` is no code."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row[f"{what}_code"] not in ("", NOTHING):
            names[row[f"{what}_code"]][row[what if what in row else f"{what}_name"]] += 1
    return {code: found.most_common(1)[0][0] for code, found in names.items()}


def agencies(rows: Sequence[Columns]) -> list[dict[str, str]]:
    units = {f"U{code}": name for code, name in named(rows, "dispose_unit").items()}
    ours = {DESK: "区网格中心", WATCH: "区督查室"}
    return [
        {
            "code": code, "name_zh": name, "short_zh": "", "name_en": "",
            "kind": "COMMITTEE" if code in ours else "DEPARTMENT", "external": "0",
            "superior": "DISTRICT", "rule_family": "OTHER", "territory": DISTRICT,
            "power_items": "", "role_in_suite": "", "cut": "CORE",
        }
        for code, name in (ours | units).items()
    ]  # fmt: skip


def territory(rows: Sequence[Columns]) -> list[dict[str, str]]:
    def line(code: str, name: str, level: str, parent: str) -> dict[str, str]:
        return {
            "code": code, "name": name, "level": level, "kind": "", "parent_code": parent,
            "agency_code": DESK, "fictitious": "0",
        }  # fmt: skip

    lines = [line(DISTRICT, "坪山区", "DISTRICT", "4403")]
    lines += [line(f"S{c}", n, "STREET", DISTRICT) for c, n in named(rows, "street").items()]
    streets = streets_of(rows)
    return lines + [
        line(f"C{code}", name, "COMMUNITY", streets[code])
        for code, name in named(rows, "community").items()
    ]


def streets_of(rows: Sequence[Columns]) -> dict[str, str]:
    """The street of each community, as most rows have it."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        found[row["community_code"]][f"S{row['street_code']}"] += 1
    return {code: streets.most_common(1)[0][0] for code, streets in found.items()}


def categories(rows: Sequence[Columns]) -> list[dict[str, str]]:
    """Led by whoever got most of a kind; whoever got any of it may be asked too."""
    units: dict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, str] = {}
    known = named(rows, "dispose_unit")
    for row in rows:
        names[kind_of(row)] = row["sub_type"]
        units[kind_of(row)].update([row["dispose_unit_code"]] * (row["dispose_unit_code"] in known))
    return [
        {
            "code": code, "short_code": "", "kind": "EVENT", "name_zh": name, "name_en": "",
            "lead": f"U{lead[0]}" if lead else DESK, "co": ";".join(f"U{one}" for one in lead[1:]),
            "sla_class": "S4", "route": "", "power_items": "", "version": "1",
            "effective_from": SINCE, "effective_to": "", "cut": "CORE",
        }
        for code, name in names.items()
        for lead in [[unit for unit, _ in units[code].most_common()]]
    ]  # fmt: skip


def channels(rows: Sequence[Columns]) -> list[dict[str, str]]:
    return [
        {
            "code": f"W{code}", "kind": "APP_CITIZEN", "name_zh": name, "needs_photo": "0",
            "call_back": "0", "source_channel": "GRID", "note": "", "cut": "CORE",
        }
        for code, name in named(rows, "event_src").items()
    ]  # fmt: skip


def calendar() -> list[dict[str, str]]:
    days = (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))
    return [
        {"date": day.isoformat(), "workday": str(int(chinese_calendar.is_workday(day))),
         "kind": "", "name": ""}
        for day in days
    ]  # fmt: skip


def subscriptions(rows: Sequence[Columns]) -> list[dict[str, str]]:
    return [
        {
            "agency_code": one["code"], "kinds": "DISPATCH", "mode": "PULL", "endpoint": "",
            "secret_ref": "", "field_allow_list": "DISPATCH.*", "max_class": "P2",
            "purpose": "its duty", "basis": "三定规定", "valid_from": SINCE,
            "valid_until": "2018-12-31", "fictitious": "1",
        }
        for one in agencies(rows)
    ]  # fmt: skip


def cells(rows: Sequence[Columns]) -> dict[str, Any]:
    """A square for each community: invented, as the file says no places."""
    streets = streets_of(rows)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "cell_code": f"K{code}", "name_zh": name, "community_code": f"C{code}",
                    "street_code": streets[code], "effective_from": SINCE, "fictitious": True,
                },
                "geometry": {"type": "Polygon", "coordinates": [square(number)]},
            }
            for number, (code, name) in enumerate(named(rows, "community").items())
        ],
    }  # fmt: skip


def square(number: int) -> list[list[float]]:
    west, south = 114.30 + 0.02 * (number % 6), 22.60 + 0.02 * (number // 6)
    east, north = west + 0.02, south + 0.02
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return [[round(lon, 4), round(lat, 4)] for lon, lat in ring]


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def write(file: Path, rows: Iterable[Mapping[str, str]]) -> None:
    lines = list(rows)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
