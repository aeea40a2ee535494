"""What a request costs, counted and not timed: a busy machine changes nothing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

# A refusal takes some thousands, and 73,000 where the application is new; a body that is taken
# apart again and again, or a question for each of its letters, takes far more.
MOST_CALLS: Final = 150_000


@dataclass
class Spent:
    calls: int = 0


@contextmanager
def effort() -> Iterator[Spent]:
    """The calls of Python and C functions in this thread meanwhile."""
    spent, before = Spent(), sys.getprofile()

    def count(frame: Any, event: str, argument: Any) -> None:
        if event in ("call", "c_call"):
            spent.calls += 1

    sys.setprofile(count)
    try:
        yield spent
    finally:
        sys.setprofile(before)
