"""What came of a replay, compared row for row with what the city itself had judged."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.console.acts import Acts
from libs.console.client import Client, differing
from libs.console.mapping import Case

LATE: Final = ("DEADLINE_WARNED", "DEADLINE_BREACHED")
WATCHER: Final = ("demo", "OPS", "OPS")
PAGE: Final = 200


async def board(client: Client) -> dict[str, dict[str, Any]]:
    """Every report, by id, page after page."""
    rows: dict[str, dict[str, Any]] = {}
    following = ""
    while True:
        page = await client.get("grid", f"/reports?limit={PAGE}{following}", WATCHER)
        rows |= {one["report_id"]: one for one in page["reports"]}
        if page["next"] is None:
            return rows
        following = f"&after={page['next']}"


def verdicts(
    cases: Sequence[Case], rows: Mapping[str, Mapping[str, Any]]
) -> tuple[Counter[str], Counter[str], list[str]]:
    """What we and the city say of each row; why there is no verdict; and where we differ."""
    said: Counter[str] = Counter()
    without: Counter[str] = Counter()
    differs: list[str] = []
    for case in cases:
        row = rows[str(case.report_id)]
        if (reason := no_verdict(case, row)) is not None:
            without[reason] += 1
            continue
        ours = row["on_time"]
        said["on time" if ours else "overdue"] += 1
        if case.verdict is None:
            assert case.closed is not None
            assert case.target is not None
            said["without the city's verdict, by its own dates"] += 1
            if ours != (case.closed <= case.target):
                differs.append(f"{case.key}: we say {ours}, its dates say otherwise")
        elif ours != case.verdict:
            differs.append(f"{case.key}: we say on time is {ours}, the city {case.verdict}")
    return said, without, differs


def routed(
    cases: Sequence[Case], rows: Mapping[str, Mapping[str, Any]]
) -> tuple[Counter[str], list[str]]:
    """By which rule each got to the agency that the city names, and who did not."""
    by_rule: Counter[str] = Counter()
    differs: list[str] = []
    for case in cases:
        row = rows[str(case.report_id)]
        if row["category_code"] != case.category_code:
            differs.append(f"{case.key}: of kind {row['category_code']}, not {case.category_code}")
        if case.agency is None or case.outcome in ("DUPLICATE", "OUTSIDE"):
            continue
        by_rule[row["competent_by"]] += 1
        if row["agency_code"] != case.agency:
            differs.append(f"{case.key}: with {row['agency_code']}, not with {case.agency}")
    return by_rule, differs


def no_verdict(case: Case, row: Mapping[str, Any]) -> str | None:
    """Why nobody can say whether it was in time."""
    if case.agency is None:
        return "no agency in the city's file"
    if case.closed is None:
        return "still open in the city's file"
    if case.outcome == "DUPLICATE":
        return "merged" if row["merged_into"] else "refused as a duplicate"
    if case.outcome == "OUTSIDE":
        return "referred to another body"
    if case.target is None:
        return "no target in the city's file"
    return None


async def report(acts: Acts) -> dict[str, Any]:
    """Everything that is to be shown, and under `wrong` everything that is off."""
    client, cases = acts.client, acts.mapped.cases
    rows = await board(client)
    said, without, differs = verdicts(cases, rows)
    rules, strayed = routed(cases, rows)
    states = await client.quiet()
    counts = await client.get("oversight", "/counts", WATCHER)
    alarms = await client.get("oversight", "/alarms", WATCHER)
    duplicates = sum(case.outcome == "DUPLICATE" for case in cases)
    wrong = [*differs, *strayed, *differing(states)]
    # Who is late is late in the city's file, too: that is no fault of what was replayed.
    alarms = [one for one in alarms if one["rule"] not in LATE]
    wrong += [f"{one['rule']}: {one['event']['type']} {one['event']['message']}" for one in alarms]
    if sum(said[one] for one in ("on time", "overdue")) + without.total() != len(cases):
        wrong.append("the verdicts do not add up")
    if acts.merges.total() != duplicates:
        wrong.append("the duplicates do not add up")
    return {
        "rows": len(cases),
        "verdicts": dict(said),
        "without verdict": dict(without),
        "equal to the city's": said["on time"] + said["overdue"] - len(differs),
        "duplicates": {"in the city's file": duplicates, **acts.merges},
        "routed by": dict(rules),
        "acts": dict(acts.counts),
        "events": {f"{one['service']} {one['type']}": one["events"] for one in counts},
        "published": {name: one["log"] for name, one in states.items()},
        "taken in": taken(states),
        "parked": {name: one["parked"] for name, one in states.items()},
        "matter": longest(rows),
        "wrong": wrong,
    }


def taken(states: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """How many events each listener took in of each service."""
    found: Counter[str] = Counter()
    for one in states.values():
        for row in one["heard"]:
            source = row["partition"].rpartition("/")[0].split(".")[-2]
            found[f"{row['reaction']} of {source}"] += row["taken"]
    return dict(sorted(found.items()))


def longest(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """A matter worth looking at: one that went round, was late, and came to its end."""
    ended = [one for one in rows.values() if one["status"] == "CLOSED"] or list(rows.values())
    best = max(ended, key=lambda one: (one["returns_count"], one["escalation"], one["report_no"]))
    return str(best["correlation_id"])
