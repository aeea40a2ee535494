"""What a reaction asks for, and which reactions of the domain's table no test has asked yet."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeAlias

from libs.events.core.kernel import Envelope, Event, ForEachStream
from tests.conftest import SHARED

React: TypeAlias = Callable[[Envelope[Any]], Sequence[Any]]
# A stream's reactions, what it hears, and which command must come of it.
Row: TypeAlias = tuple[React, Event, type]
CORE: Final = re.compile(
    r"\| \d+ \| `(\w+)\.(\w+)` \|[^|]*\| (\w+) \| `(\w+)\.(\w+)`[^|]*\|.*\| CORE \|"
)


def commands(react: React, fact: Any) -> list[Any]:
    asked = react(fact)
    return [one.command if isinstance(one, ForEachStream) else one for one in asked]


def untested(
    rows: Iterable[Row], service: str, among: Collection[str]
) -> list[tuple[str, str, str]]:
    """The CORE rows between these services that touch one of them and have no row here."""
    tested = {
        (type(event).__name__, command.__module__.split(".")[1], command.__name__)
        for _, event, command in rows
    }
    text = (SHARED / "domain" / "choreography.md").read_text("utf-8")
    known = CORE.findall(text)
    assert len(known) > 100
    return [
        (event, owner, command)
        for source, event, hearer, owner, command in known
        if {source, hearer} <= set(among)
        and service in (source, hearer)
        and (event, owner, command) not in tested
    ]
