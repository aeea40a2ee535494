"""How rows of a city's own file become commands: a YAML file, read strictly. Data, not code."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID, uuid5

import yaml

from libs.statute.pack import Pack, Unsound

ROWS: Final = UUID("6f1d2c3b-9a4e-5b7c-8d2e-1f0a9b8c7d6e")
PARTS: Final = (
    "columns", "verdicts", "place", "category", "agency", "channel", "reallocated", "closing",
    "acts",
)  # fmt: skip
NEEDED: Final = ("id", "opened", "description")
CODED: Final = ("category", "agency", "channel", "reallocated", "closing")
OUTCOMES: Final = frozenset({"SOLVED", "PARTLY", "NOT_POSSIBLE", "OUTSIDE", "DUPLICATE"})


@dataclass(frozen=True)
class Case:
    """One row, in our words. Times are UTC."""

    key: str
    report_id: UUID
    handoff_id: UUID
    opened: datetime
    target: datetime | None
    closed: datetime | None
    verdict: bool | None
    duplicate_of: str
    description: str
    location: Mapping[str, Any]
    cell_code: str
    category_code: str
    agency: str | None
    channel: str
    role: str
    reallocated: bool
    outcome: str | None


@dataclass(frozen=True)
class Mapped:
    """All rows of a file, in the order of their own times, and who acts in the city's name."""

    cases: Sequence[Case]
    acts: Mapping[str, tuple[str, str, str]]
    leads: Mapping[str, str]
    reason: str
    basis: str

    @classmethod
    def read(cls, mapping: Path, file: Path, pack: Pack) -> Self:
        """Raises `Unsound` with file, line and reason."""
        try:
            told = yaml.safe_load(mapping.read_text("utf-8"))
        except (OSError, yaml.YAMLError, UnicodeDecodeError) as problem:
            line = getattr(getattr(problem, "problem_mark", None), "line", -1) + 1
            raise Unsound(f"{mapping.name}:{line}: {problem}") from problem
        missing = [one for one in PARTS if not isinstance(told, dict) or one not in told]
        if missing:
            raise Unsound(f"{mapping.name}:1: {', '.join(missing)} is missing")
        reader = Reader(mapping.name, told, pack)
        rows = rows_in(file)
        if not rows:
            raise Unsound(f"{file.name}:1: there is no row")
        reader.require_columns(file.name, rows[0][1])
        cases = [reader.case(line, row) for line, row in rows]
        seen: set[str] = set()
        for (line, _), case in zip(rows, cases, strict=True):
            if case.key in seen:
                raise Unsound(f"{file.name}:{line}: {case.key} stands here twice")
            seen.add(case.key)
        cases.sort(key=lambda case: case.opened)
        acts = told["acts"]
        return cls(
            cases,
            {
                "receiver": (
                    acts["receiver"]["person"],
                    "GRID_RECEIVER",
                    acts["receiver"]["agency"],
                ),
                "dispatcher": (
                    acts["dispatcher"]["person"],
                    "GRID_DISPATCHER",
                    acts["dispatcher"]["agency"],
                ),
                "reporter": ("reporter", "CITIZEN", acts["reporter"]["agency"]),
            },
            {row["code"]: row.items("lead")[0] for row in pack.tables["categories"]},
            told["reallocated"]["reason"],
            told["reallocated"]["basis"],
        )


class Reader:
    def __init__(self, name: str, told: Mapping[str, Any], pack: Pack) -> None:
        self._name = name
        self._told = told
        self._zone: tzinfo = pack.rules.calendar.zone
        self._columns: Mapping[str, str] = told["columns"]
        self._defaults = {tuple(one) for one in told["place"].get("default_points", ())}
        self._require_codes(pack)

    def require_columns(self, file: str, row: Mapping[str, str]) -> None:
        """What the mapping reads, the file has: else it would be taken for empty everywhere."""
        missing = [one for one in NEEDED if one not in self._columns]
        if missing:
            raise Unsound(f"{self._name}:1: columns: {', '.join(missing)} is missing")
        place = self._told["place"]
        parts = [self._told[one]["column"] for one in CODED] + [place["cell"]["column"]]
        named = [*self._columns.values(), *place["address"]]
        named += [place[one] for one in ("lon", "lat") if one in place]
        named += [one for part in parts for one in ([part] if isinstance(part, str) else part)]
        for one in named:
            if one not in row:
                raise Unsound(f"{file}:1: there is no column {one}, which {self._name} reads")

    def _require_codes(self, pack: Pack) -> None:
        """What the mapping names, the pack has."""
        known = {
            "category": {row["code"] for row in pack.tables["categories"]},
            "agency": {row["code"] for row in pack.tables["agencies"]},
        }
        for part, codes in known.items():
            told = self._told[part]
            for code in (*told["values"].values(), told.get("default")):
                if code is not None and code not in codes:
                    raise Unsound(f"{self._name}:1: {part}: the pack has no {code}")
        cells = {one["properties"]["cell_code"] for one in pack.cells}
        cell = self._told["place"]["cell"]
        for code in (*cell["values"].values(), cell["default"]):
            if code not in cells:
                raise Unsound(f"{self._name}:1: place: the pack has no cell {code}")
        for one in self._told["channel"]["values"].values():
            if one["channel"] not in pack.rules.channels:
                raise Unsound(f"{self._name}:1: the pack has no channel {one['channel']}")
        closing = self._told["closing"]
        for outcome in (*closing["values"].values(), closing["default"]):
            if outcome not in OUTCOMES:
                raise Unsound(f"{self._name}:1: closing: there is no outcome {outcome}")

    def case(self, line: int, row: Mapping[str, str]) -> Case:
        where = f"line {line}"
        key = self._column(row, "id", where)
        report_id = uuid5(ROWS, key)
        place, closing = self._told["place"], self._told["closing"]
        channel = self._coded(row, "channel", where)
        cell = place["cell"]
        closed = self._moment(row, "closed", where)
        code = cell_of(row, closing["column"])
        outcome = closing["values"].get(code, closing["default"]) if closed else None
        moved = self._told["reallocated"]
        agency = self._coded(row, "agency", where)
        opened = self._needed(row, "opened", where)
        if closed is not None and closed < opened:
            raise Unsound(f"{self._name}: {where}: it was closed before it was opened")
        if closed and agency is None:
            raise Unsound(f"{self._name}: {where}: it was closed, and names no agency")
        return Case(
            key=key,
            report_id=report_id,
            handoff_id=uuid5(report_id, "handoff"),
            opened=opened,
            target=self._moment(row, "target", where),
            closed=closed,
            verdict=self._told["verdicts"].get(self._said(row, "verdict")),
            duplicate_of=self._said(row, "duplicate_of"),
            description=self._column(row, "description", where),
            location=self._location(row, where),
            cell_code=cell["values"].get(cell_of(row, cell["column"]), cell["default"]),
            category_code=self._coded(row, "category", where),
            agency=agency,
            channel=channel["channel"],
            role=channel["role"],
            reallocated=cell_of(row, moved["column"]) in moved["values"],
            outcome=outcome,
        )

    def _location(self, row: Mapping[str, str], where: str) -> dict[str, Any]:
        """A point; a default point, or none, counts as an address."""
        place = self._told["place"]
        parts = [row[name] for name in place["address"] if row.get(name)]
        address = {"address_text": ", ".join(parts) or place["nowhere"]}
        try:
            point = (float(row[place["lon"]]), float(row[place["lat"]]))
        except (KeyError, ValueError):
            return address
        return address if point in self._defaults else {"lon": point[0], "lat": point[1]}

    def _said(self, row: Mapping[str, str], part: str) -> str:
        """What a city does not write down has no column."""
        return row.get(self._columns.get(part, ""), "")

    def _column(self, row: Mapping[str, str], part: str, where: str) -> str:
        value = row.get(self._columns[part], "")
        if not value:
            raise Unsound(f"{self._name}: {where}: {self._columns[part]} is empty")
        return value

    def _coded(self, row: Mapping[str, str], part: str, where: str) -> Any:
        """What the value stands for. With a `default`, also where nothing is mapped."""
        told = self._told[part]
        value = cell_of(row, told["column"])
        if value not in told["values"] and "default" not in told:
            raise Unsound(f"{self._name}: {where}: {told['column']}: {value!r} is not mapped")
        return told["values"].get(value, told.get("default"))

    def _moment(self, row: Mapping[str, str], part: str, where: str) -> datetime | None:
        text = self._said(row, part)
        if not text:
            return None
        try:
            return datetime.fromisoformat(text).replace(tzinfo=self._zone).astimezone(UTC)
        except ValueError as problem:
            raise Unsound(f"{self._name}: {where}: {self._columns[part]}: {problem}") from problem

    def _needed(self, row: Mapping[str, str], part: str, where: str) -> datetime:
        found = self._moment(row, part, where)
        if found is None:
            raise Unsound(f"{self._name}: {where}: {self._columns[part]} is empty")
        return found


def cell_of(row: Mapping[str, str], column: str | Sequence[str]) -> str:
    """What stands in a column; of several columns together, joined by a hyphen."""
    if isinstance(column, str):
        return row.get(column, "")
    return "-".join(row.get(one, "") for one in column)


def rows_in(file: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            reader = csv.DictReader(opened, strict=True)
            return [(reader.line_num, row) for row in reader]
    except (OSError, csv.Error, UnicodeDecodeError) as problem:
        raise Unsound(f"{file.name}:1: {problem}") from problem
