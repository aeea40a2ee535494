"""What reacts to what, as the code declares it, is what the domain says."""

import re

from libs.events.declaring.choreography import links, picture, table
from tests.conftest import SHARED, needs_shared
from tests.declared import services

DECLARED = links(
    {
        name: {one.name: one.reactions for one in service.streams if one.reactions is not None}
        for name, service in services().items()
    }
)
ROW = re.compile(r"^\| \d+ \| `(\w+\.\w+)` \|.*\| `(\w+\.\w+)` →.*\| (CORE|LATER) \|$")
# Of the streams whose reactions are declared.
OURS = {f"{one.service}.{one.command}" for one in DECLARED}


def rows(*cuts: str) -> set[tuple[str, str]]:
    text = (SHARED / "domain" / "choreography.md").read_text("utf-8")
    found = [row.groups() for line in text.splitlines() if (row := ROW.match(line))]
    return {
        (event, asked)
        for event, asked, cut in found
        if asked in OURS and cut in cuts and event.partition(".")[0] in services()
    }


@needs_shared
def test_every_core_row_is_declared_and_nothing_that_no_row_says() -> None:
    declared = {(one.event, f"{one.service}.{one.command}") for one in DECLARED}
    assert rows("CORE") - declared == set()
    assert declared - rows("CORE", "LATER") == set()


def test_the_table_says_when() -> None:
    text = "\n".join(table(DECLARED))
    assert "| `enforcement.CaseClockResumed` | what stopped the clock was a test |" in text
    arrows = {(o.event, o.service, o.stream) for o in DECLARED}
    assert len(list(picture(DECLARED))) == 1 + len(arrows)
