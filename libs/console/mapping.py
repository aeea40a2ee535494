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
    agency: str
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
        cases = [reader.case(line, row) for line, row in rows_in(file)]
        if not cases:
            raise Unsound(f"{file.name}:1: there is no row")
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

    def _require_codes(self, pack: Pack) -> None:
        """What the mapping names, the pack has."""
        known = {
            "category": {row["code"] for row in pack.tables["categories"]},
            "agency": {row["code"] for row in pack.tables["agencies"]},
        }
        for part, codes in known.items():
            for code in self._told[part]["values"].values():
                if code not in codes:
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
        code = row.get(closing["column"], "")
        outcome = closing["values"].get(code, closing["default"]) if closed else None
        moved = self._told["reallocated"]
        return Case(
            key=key,
            report_id=report_id,
            handoff_id=uuid5(report_id, "handoff"),
            opened=self._needed(row, "opened", where),
            target=self._moment(row, "target", where),
            closed=closed,
            verdict=self._told["verdicts"].get(row.get(self._columns["verdict"], "")),
            duplicate_of=row.get(self._columns["duplicate_of"], ""),
            description=self._column(row, "description", where),
            location=self._location(row, where),
            cell_code=cell["values"].get(row.get(cell["column"], ""), cell["default"]),
            category_code=self._coded(row, "category", where),
            agency=self._coded(row, "agency", where),
            channel=channel["channel"],
            role=channel["role"],
            reallocated=row.get(moved["column"], "") in moved["values"],
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

    def _column(self, row: Mapping[str, str], part: str, where: str) -> str:
        value = row.get(self._columns[part], "")
        if not value:
            raise Unsound(f"{self._name}: {where}: {self._columns[part]} is empty")
        return value

    def _coded(self, row: Mapping[str, str], part: str, where: str) -> Any:
        told = self._told[part]
        value = row.get(told["column"], "")
        if value not in told["values"]:
            raise Unsound(f"{self._name}: {where}: {told['column']}: {value!r} is not mapped")
        return told["values"][value]

    def _moment(self, row: Mapping[str, str], part: str, where: str) -> datetime | None:
        text = row.get(self._columns[part], "")
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


def rows_in(file: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            reader = csv.DictReader(opened, strict=True)
            return [(reader.line_num, row) for row in reader]
    except (OSError, csv.Error, UnicodeDecodeError) as problem:
        raise Unsound(f"{file.name}:1: {problem}") from problem
