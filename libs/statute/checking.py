"""Whether a pack holds together: what one table names another must have. All faults at once."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from libs.statute.pack import Pack, Row, Unsound, read_pack
from libs.statute.scoring import missing_in

UNITS: Final = frozenset({"WD", "CD", "WH", "H", "MIN", "SEC", "MONTH", "YEAR", "FEN", "BP"}) | {
    "COUNT",
    "METRE",
    "BOOL",
}
CLOCKS: Final = ("register", "dispatch", "receipt", "accept", "dispose", "check", "reply")
RESOLVER: Final = "@"
# What the services ask the rulebook for by name, whatever the place.
ASKED: Final = (
    "GRID.DISPOSE.SET", "GRID.DISPATCH.PROPOSED", "GRID.LOCATION.ACCURACY", "GRID.TEXT.MIN",
    "GRID.TEXT.MAX", "GRID.REFUSE.TEXT", "GRID.RETURN.MAX", "GRID.MERGE.DIST", "GRID.MERGE.WINDOW",
    "GRID.MERGE.SAME_MINOR", "GRID.REPLY", "GRID.SATISFACTION.WINDOW", "GRID.CHECK.FAILS",
    "GRID.RECHECK.SHARE", "GRID.RECHECK.MIN", "GRID.OFFLINE.FUTURE", "GRID.DISPOSAL.PHOTO_DIST",
    "GRID.JOINT.NOTICE", "GRID.JOINT.AGENCIES", "EXC.OVERDUE.WARN", "EXC.OVERDUE.ESCALATE1",
    "EXC.OVERDUE.ESCALATE2", "EXC.OVERDUE.ESCALATE3", "EXC.CONTRACT.MAX", "EXC.BODY.MAX",
)  # fmt: skip
# And where some agency has a power to punish: what no case can do without.
ENFORCED: Final = (
    "ENF.AGE.LIGHTER", "ENF.AGE.NONE", "ENF.ASSIST.ANSWER", "ENF.COURT.APPLY",
    "ENF.DECISION.MAX", "ENF.DEMAND.WAIT", "ENF.FINE.DUE",
    "ENF.HEARING.LARGE_AMOUNT.OTHER.PERSON", "ENF.HEARING.LARGE_AMOUNT.OTHER.ORG",
    "ENF.HEARING.NOTICE_BEFORE", "ENF.HEARING.REQUEST", "ENF.JURISDICTION.CONSULT",
    "ENF.LEAD.CHECK", "ENF.LIMITATION", "ENF.LIMITATION.SAFETY", "ENF.NIGHT.FROM", "ENF.NIGHT.TO",
    "ENF.OFFICERS.MIN", "ENF.PUBLICITY.TERM.LIGHT", "ENF.PUBLICITY.TERM.OTHER",
    "ENF.PUBLISH.OTHER", "ENF.PUBLISH.PENALTY", "ENF.SEIZE.EXT", "ENF.SEIZE.TERM",
    "ENF.SEIZE.URGENT_REPORT", "ENF.SERVE", "ENF.SERVE.ANNOUNCE", "ENF.STATEMENT.TERM",
    "ENF.SURCHARGE.CAP", "ENF.SURCHARGE.RATE", "LIT.DIRECT", "RECON.APPLY", "RECON.DECIDE",
    "RECON.REPLY", "RECON.SIMPLE.DECIDE", "RECON.SIMPLE.REPLY",
)  # fmt: skip
# And where a pack names categories of disputes.
MEDIATED: Final = (
    "MED.TRIAGE", "MED.PEOPLE", "MED.EXTEND", "MED.EXTEND.MAX", "MED.COURT.PRE",
    "MED.COURT.POST_ORD", "MED.COURT.POST_SUM", "MED.LABOUR", "MED.CONSUMER.END",
    "MED.POLICE.SECOND", "MED.CONFIRM.APPLY", "MED.GRACE", "MED.FOLLOWUP",
    "MED.ESCALATE.COMMUNITY", "MED.ESCALATE.STREET", "MED.LEAD.FIRST", "MED.LEAD.PERSONS",
    "MED.LEAD.OPEN", "MED.LISTED", "MED.LISTED.PERSONS", "MED.LISTED.PETITIONS", "MED.REOPEN",
    "MED.EXIT.ARBITRATION", "MED.EXIT.ENFORCE", "RECON.APPLY", "LIT.DIRECT", "PET.NOTIFY",
    "PET.HANDLE", "PET.REVIEW_REQ", "PET.REVIEW", "PET.RECHECK_REQ", "PET.RECHECK",
    "PET.REPS.MAX",
)  # fmt: skip
PENALTY: Final = "PENALTY"
TERMS: Final = ("WD", "CD", "MONTH", "YEAR")
SCORING: Final = ("MODEL", "BOUND", "COUNTS", "GRADE")


def read_sound_pack(folder: Path) -> Pack:
    """A pack that holds together. Raises `Unsound` with the first fault and how many there are."""
    pack = read_pack(folder)
    if faults := check(pack):
        more = f" (and {len(faults) - 1} more: lianban pack check)" if len(faults) > 1 else ""
        raise Unsound(faults[0] + more)
    return pack


def check(pack: Pack) -> list[str]:
    """Every fault, as `<file>:<line>: <reason>`; none where the pack holds together."""
    return [
        *rules_of(pack), *calendar_of(pack), *agencies_of(pack), *categories_of(pack),
        *handoffs_of(pack), *places_of(pack), *scores_of(pack), *disputes_of(pack),
    ]  # fmt: skip


def scores_of(pack: Pack) -> Iterator[str]:
    for row in pack.tables["credit_score"]:
        if row["term"] and row["unit"] not in TERMS:
            yield fault(row, f"{row['code']} has no unit of time: {row['unit']!r}")
        if row["kind"] not in SCORING:
            yield fault(row, f"{row['kind']} is none of {', '.join(SCORING)}")
    for one in missing_in(pack.rules.scoring):
        yield f"credit_score.csv:1: {one} is missing"


def rules_of(pack: Pack) -> Iterator[str]:
    seen: dict[str, list[tuple[date, date, Row]]] = {}
    for row in pack.tables["rules"]:
        if row["unit"] not in UNITS:
            yield fault(row, f"{row['code']} has no unit of ours: {row['unit']!r}")
        span = (row.day("effective_from", date.min), row.day("effective_to", date.max))
        for first, last, _ in seen.get(row["code"], ()):
            if span[0] <= last and first <= span[1]:
                yield fault(row, f"{row['code']} is in force twice on some day")
        seen.setdefault(row["code"], []).append((*span, row))
    punishes = any(row["type"] == PENALTY for row in pack.tables["power_items"])
    mediates = MEDIATED if pack.tables["dispute_categories"] else ()
    for code in (*ASKED, *(ENFORCED if punishes else ()), *mediates):
        if code not in seen:
            yield f"rules.csv:1: there is no rule {code}"
    for row in pack.tables["sla_classes"]:
        for clock in CLOCKS:
            if row[clock] and row[clock] not in seen:
                yield fault(row, f"{clock} goes by {row[clock]}, which is no rule")
    for row in pack.tables["handoff_kinds"]:
        for column in ("receipt", "accept", "result", "confirm"):
            if row[column] and row[column] != "SENDER" and row[column] not in seen:
                yield fault(row, f"{column} goes by {row[column]}, which is no rule")


def calendar_of(pack: Pack) -> Iterator[str]:
    days = {row.parsed(date.fromisoformat, "date"): row for row in pack.tables["calendar"]}
    first, last = min(days), max(days)
    for number in range((last - first).days + 1):
        if first + timedelta(days=number) not in days:
            yield f"calendar.csv:1: {first + timedelta(days=number)} is missing"
    said = (pack.facts["calendar_from"], pack.facts["calendar_to"])
    if said != (first.isoformat(), last.isoformat()):
        yield f"jurisdiction.csv:1: the calendar goes from {first} to {last}"


def agencies_of(pack: Pack) -> Iterator[str]:
    known = codes(pack)
    for key in ("receiver_agency", "supervisor_agency"):
        if pack.facts[key] not in known:
            yield f"jurisdiction.csv:1: {key}: there is no agency {pack.facts[key]}"
    for name, column in (("subscriptions", "agency_code"), ("workers", "agency_code"),
                         ("officers", "agency_code")):  # fmt: skip
        for row in pack.tables[name]:
            if row[column] and row[column] not in known:
                yield fault(row, f"there is no agency {row[column]}")
    for row in pack.tables["power_items"]:
        for owner in (*row.items("owners"), *row.items("delegated_to")):
            if owner not in known:
                yield fault(row, f"there is no agency {owner}")


def categories_of(pack: Pack) -> Iterator[str]:
    known = codes(pack)
    items = {row["code"] for row in pack.tables["power_items"]}
    classes = {row["class"] for row in pack.tables["sla_classes"]}
    for row in pack.tables["categories"]:
        for who in (*row.items("lead"), *row.items("co")):
            if who not in known:
                yield fault(row, f"{row['code']}: there is no agency {who}")
        if not row.items("lead"):
            yield fault(row, f"{row['code']} is nobody's")
        if row["sla_class"] not in classes:
            yield fault(row, f"{row['code']}: there is no class {row['sla_class']}")
        for item in row.items("power_items"):
            if item not in items:
                yield fault(row, f"{row['code']}: there is no power item {item}")


def disputes_of(pack: Pack) -> Iterator[str]:
    agencies = codes(pack)
    items = {row["code"] for row in pack.tables["power_items"]}
    centre = pack.rules.mediation_agency
    if pack.tables["dispute_categories"] and centre not in agencies:
        yield f"jurisdiction.csv:1: mediation_agency: there is no agency {centre!r}"
    for row in pack.tables["dispute_categories"]:
        if row["lead_to"] and row["lead_to"] not in agencies:
            yield fault(row, f"{row['category']}: there is no agency {row['lead_to']}")
        if row["item"] and row["item"] not in items:
            yield fault(row, f"{row['category']}: there is no power item {row['item']}")


def handoffs_of(pack: Pack) -> Iterator[str]:
    bodies = {row["body"] for row in pack.tables["handoff_bodies"]}
    kinds: Mapping[str, Row] = {row["kind"]: row for row in pack.tables["handoff_kinds"]}
    for row in kinds.values():
        if row["body"] not in bodies:
            yield fault(row, f"{row['kind']}: there is no body {row['body']}")
    for row in pack.tables["subscriptions"]:
        for kind in row.items("kinds"):
            if kind not in kinds:
                yield fault(row, f"there is no kind {kind}")


def places_of(pack: Pack) -> Iterator[str]:
    territory = {row["code"] for row in pack.tables["territory"]}
    cells = set()
    for feature in pack.cells:
        named = feature["properties"]
        cells.add(named["cell_code"])
        for column in ("community_code", "street_code"):
            if named[column] not in territory:
                yield f"cells.geojson:1: {named['cell_code']}: there is no {named[column]}"
    for row in pack.tables["workers"]:
        if row["cell_code"] not in cells:
            yield fault(row, f"there is no cell {row['cell_code']}")


def codes(pack: Pack) -> set[str]:
    return {row["code"] for row in pack.tables["agencies"]}


def fault(row: Row, reason: str) -> str:
    return f"{row.file}:{row.line}: {reason}"
