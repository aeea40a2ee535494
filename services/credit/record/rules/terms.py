"""How long a record is shown and used, and from when on it may be repaired.

Source: 信用修复管理办法 (2026-04-01), 国办发〔2025〕22号; before that 发改委令58号. Each class
has its rows in the pack; where none is in force on a day, the old ones are.
"""

from datetime import date
from typing import Final

from libs.contracts.credit import BasisDocument
from libs.contracts.enforcement import CreditClass
from libs.statute.rulebook import Rulebook

CAPTURE: Final = "CRED.CAPTURE"
LISTED: Final = "CRED.LIST"
OLD_LEAST: Final = "CRED.CLASS.OLD.MIN"
OLD_MOST: Final = "CRED.CLASS.OLD.MAX"


def longest(rules: Rulebook, credit_class: CreditClass, on: date) -> str:
    """The rule that says how long it is shown at most; a minor one is used as long, not shown."""
    code = f"CRED.CLASS.{credit_class}.MAX"
    if rules.known(code, on):
        return code
    return OLD_LEAST if credit_class is CreditClass.MINOR else OLD_MOST


def display(
    rules: Rulebook, credit_class: CreditClass | None, document: BasisDocument
) -> tuple[date | None, str]:
    """The last day of its display, from the day of the document, and the rule that says so."""
    if credit_class is None:
        return None, CAPTURE
    code = longest(rules, credit_class, document.decided_on)
    return rules.last_day(code, document.decided_on), code


def is_late(rules: Rulebook, document: BasisDocument, on: date) -> bool:
    return on > rules.last_day(CAPTURE, document.decided_on)
