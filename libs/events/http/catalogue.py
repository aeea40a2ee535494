"""What there is to know of a refusal beside its slug: status, title in two languages, source.

A catalogue is a table, `refusals.csv`: that of the machinery lies here, a service's in its folder.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from libs.events.core.kernel import Record


class Explanation(Record):
    status: int
    title_zh: str
    title_en: str
    source: str

    def title(self, language: str) -> str:
        return self.title_en if language == "en" else self.title_zh


def read_catalogue(path: Path) -> Mapping[str, Explanation]:
    """By slug. Raises `ValueError`, `KeyError` or `OSError` where the table does not hold."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["slug"]: Explanation(
                status=int(row["status"]),
                title_zh=row["title_zh"],
                title_en=row["title_en"],
                source=row["source"],
            )
            for row in csv.DictReader(file)
        }


# The refusals every service shares.
SHARED: Final = read_catalogue(Path(__file__).with_name("refusals.csv"))
