"""Numbers of nobody, for as many copies of a story as are told beside each other.

Each copy has parties, documents, vouchers and places of its own. Numbers hold by their check
characters (GB 32100-2015, GB 11643-1999), and none of them is anybody's: the place of every one of
these persons does not exist, and no firm's body number has letters there.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from libs.statute.identity import (
    ALPHABET,
    PERSON_CHECKS,
    PERSON_WEIGHTS,
    Invalid,
    credit_code,
)

# 91: an enterprise, registered in Binhai.
PLACE: Final = "91120116"
FIRM: Final = re.compile(rf"{PLACE}XX(\d{{6}})[\dX][0-9A-Z]")
PERSON: Final = re.compile(r"120199(\d{8})(\d{3})[\dX]")
DOCUMENT: Final = re.compile(r"(?<=〔\d{4}〕)(\d+)(?=号)")
# Such as an id that a story writes out, because it speaks of it more than once.
ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# A number of a thing that whoever speaks of it has given it: a voucher, a licence.
GIVEN: Final = ("_no", "_ref")
# So many numbers of a kind a story may have of its own.
EACH: Final = 1_000
NORTH: Final = "lat"
# About a centimetre: as good as the same place, and another one.
STEP: Final = 0.0000001


def firm(number: int) -> str:
    """The credit code of an imagined enterprise; another one for every number below a million."""
    for inner in PERSON_CHECKS:
        for outer in ALPHABET:
            with suppress(Invalid):
                code = credit_code(f"{PLACE}XX{number:06d}{inner}{outer}")
                if code.body_holds:
                    return code.number
    raise AssertionError("some check characters always hold")


def person(born_on: date, order: str) -> str:
    """The number of an imagined person: `order` has three digits."""
    body = f"120199{born_on:%Y%m%d}{order}"
    weighed = sum(int(one) * by for one, by in zip(body, PERSON_WEIGHTS, strict=True))
    return f"{body}{PERSON_CHECKS[weighed % 11]}"


@dataclass(frozen=True)
class OwnNumbers:
    """What a copy of a story has in place of what is written in it. Copy 0 is the story itself.

    `assigned` are numbers of documents that services number by themselves: which one a copy gets
    is known when it is told, and until then each stands for whatever comes (`placeholder`).
    """

    copy: int
    assigned: Mapping[str, str] = field(default_factory=dict)

    def of(self, value: str, name: str = "") -> str:
        """`name` is that of the field, if it stands in one."""
        if not self.copy:
            return value
        for number, placeholder in self.assigned.items():
            value = value.replace(number, placeholder)
        own = FIRM.sub(self._firm, value)
        own = PERSON.sub(self._person, own)
        own = DOCUMENT.sub(lambda found: str(int(found[1]) + EACH * self.copy), own)
        own = ID.sub(lambda found: str(uuid5(UUID(found[0]), str(self.copy))), own)
        if own == value and name.endswith(GIVEN) and value[-1:].isdigit():
            return f"{value}-{self.copy}"
        return own

    def placed(self, degrees: float) -> float:
        """As far to the north as no other copy is."""
        return round(degrees + STEP * self.copy, 7)

    def _firm(self, found: re.Match[str]) -> str:
        """A number that does not hold stays: that may be what the story is about."""
        with suppress(Invalid):
            return credit_code(found[0]).number and firm(int(found[1]) + EACH * self.copy)
        return found[0]

    def _person(self, found: re.Match[str]) -> str:
        """Of the same sex, born so many days later."""
        born_on = date.fromisoformat(found[1])
        if person(born_on, found[2]) != found[0]:
            return found[0]
        return person(born_on + timedelta(days=self.copy), found[2])


def documents(value: Any) -> list[str]:
    """Every number of a document that stands somewhere in it, whole."""
    match value:
        case dict():
            return [number for one in value.values() for number in documents(one)]
        case list() | tuple():
            return [number for one in value for number in documents(one)]
        case str() if DOCUMENT.search(value):
            return [value]
        case _:
            return []
