"""What a pack says of lists and licences: who may list whom for what, and which licence goes by
which route. Source: 国办发〔2020〕49号 (lists), 国办发〔2020〕42号 (licences on commitment)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SevereList:
    """A row of `severe_lists.csv`. All `conditions` must hold; of one written `A/B`, A or B."""

    code: str
    name_zh: str
    authority: str
    item: str
    conditions: Sequence[str]
    # Rules of the pack: how long one is listed, and how long after correction one may leave.
    term: str
    early_exit: str
    names_persons: bool

    def unmet(self, met: frozenset[str]) -> list[str]:
        return [one for one in self.conditions if met.isdisjoint(one.split("/"))]


@dataclass(frozen=True, kw_only=True)
class ApprovalItem:
    """A row of `approval_items.csv`: a licence, who gives it, and who looks afterwards."""

    code: str
    name_zh: str
    agency: str
    check_agency: str
    power_item: str
    flags: frozenset[str]
    safety: bool
    basis: str
