"""`python -m tests.faults.again SERVICE SUITE [TURN]`: which read models a rebuild would show
otherwise, with so many events at once.

A process of its own for each service: it knows the tables of one service only.
"""

import json
import sys

from libs.console.operating import opened
from libs.events.releases.models import TURN
from libs.events.releases.rebuild import Rebuild


def differing(service: str, suite: str, turn: int = TURN) -> list[str]:
    parts, settings = opened(service, suite)
    again = Rebuild(parts.settler, parts.reactions, settings.var / f"{service}.again.db")
    again.models.turn = turn
    again.fill(lambda _: None)
    found = again.differing()
    again.discard()
    return found


if __name__ == "__main__":
    print(json.dumps(differing(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))))
