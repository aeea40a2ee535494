"""The number of an official document, in whatever style it is written: the same number is the same.

津滨环罚字[2022]第13号, 津滨环罚〔2022〕013号 and （津滨）环罚【2022】13号 are one. Source:
党政机关公文格式 GB/T 9704-2012, 7.2.5: 机关代字, the year in 〔〕, the serial without 第 and
without leading zeros.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STYLE: Final = re.compile(
    r"(?P<prefix>[^\[\]0-9]{1,30}?)字?\[(?P<year>\d{4})\]第?(?P<letters>[A-Za-z]*-?)(?P<serial>\d{1,9})号?"
)
BRACKETS: Final = str.maketrans("〔【［｛{〕】］｝}", "[[[[[]]]]]")


class Unnumbered(ValueError):
    """It is written in no style that anybody uses."""


@dataclass(frozen=True)
class DocumentNumber:
    """What tells one document from another: who, in which year, which one."""

    prefix: str
    year: int
    serial: str

    def __str__(self) -> str:
        return f"{self.prefix}〔{self.year}〕{self.serial}号"

    def agency(self, pattern: str, short_names: Mapping[str, str]) -> str | None:
        """Whose it is by the pattern of the place; nobody's of ours where it does not fit."""
        before, _, rest = pattern.partition("<short>")
        after = rest.partition("〔")[0]
        for code, short in short_names.items():
            if short and self.prefix == f"{before}{short}{after}":
                return code
        return None


def document_number(text: str) -> DocumentNumber:
    """Raises `Unnumbered`."""
    plain = unicodedata.normalize("NFKC", text).translate(BRACKETS)
    plain = re.sub(r"\s+", "", plain)
    # A place in brackets is part of who it is of: (津保)应急罚.
    plain = re.sub(r"^\((\w+)\)", r"\1", plain)
    found = STYLE.fullmatch(plain)
    if found is None:
        raise Unnumbered(f"{text!r} is no number of a document")
    serial = f"{found['letters'].upper()}{int(found['serial'])}"
    return DocumentNumber(found["prefix"], int(found["year"]), serial)


def normalised(text: str) -> str:
    """The one way to write it, or the text as it stands where it is no such number."""
    try:
        return str(document_number(text))
    except Unnumbered:
        return text
