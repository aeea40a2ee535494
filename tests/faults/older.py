"""`python -m tests.faults.older SERVICE TYPE...`: a service of an older release, which has no word
for these types of event: they, or these versions of them, came later.
"""

import sys

from libs.console.main import run
from libs.contracts import grid
from libs.events.core.kernel import Event

assert grid.ReportDispatched.event_type in Event.known, "the contracts are there to be taken away"


def main(service: str, *types: str) -> None:
    for one in types:
        del Event.known[one]
    run(service)


if __name__ == "__main__":
    main(*sys.argv[1:])
