"""Numbers that identify somebody: credit codes and identity numbers, judged by their check digits.

Source: GB 32100-2015 (统一社会信用代码), GB 11714-1997 (its body), GB 11643-1999 (公民身份号码).
"""

import hmac
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
BODY_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
PERSON_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
PERSON_CHECKS: Final = "10X98765432"
LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Subjects of every service are named in this namespace: uuid5 of the token of their number.
SUBJECTS: Final = UUID("8f0c4e1a-6b1d-5c57-9f5e-2f1f5e0f7a10")
ADULT: Final = 18
# Characters of a credit code, and of an identity number.
LENGTH: Final = 18


class Invalid(ValueError):
    """It is no such number; the message says why, and never the digit that would be right."""


@dataclass(frozen=True)
class CreditCode:
    """A credit code that holds; `body_holds` says whether the organisation code inside does too,
    which some codes from before 2015 do not."""

    number: str
    body_holds: bool


@dataclass(frozen=True)
class PersonNumber:
    """An identity number that holds, and the day of birth in it."""

    number: str
    born_on: date

    @property
    def adult_on(self) -> date:
        return adult_day(self.born_on)


def adult_day(born_on: date) -> date:
    """The 18th birthday; for who was born on the 29th of February, the 1st of March."""
    try:
        return born_on.replace(year=born_on.year + ADULT)
    except ValueError:
        return date(born_on.year + ADULT, 3, 1)


def credit_code(text: str) -> CreditCode:
    """Raises `Invalid`."""
    number = text.strip().upper()
    if len(number) != LENGTH:
        raise Invalid("a credit code has 18 characters")
    if any(one not in ALPHABET for one in number):
        raise Invalid("a credit code has digits and letters without I, O, S, V, Z")
    weighed = sum(ALPHABET.index(one) * by for one, by in zip(number, CODE_WEIGHTS, strict=False))
    if ALPHABET[(31 - weighed % 31) % 31] != number[17]:
        raise Invalid("the check character of the credit code is wrong")
    body = sum(LETTERS.index(one) * by for one, by in zip(number[8:16], BODY_WEIGHTS, strict=True))
    check = {10: "X", 11: "0"}.get(11 - body % 11, str(11 - body % 11))
    return CreditCode(number, check == number[16])


def other_number(text: str) -> str:
    """Of a passport, or of a paper that has no check character. Raises `Invalid` where it has the
    form of a credit code or an identity number: nobody brings one in past its own check."""
    number = text.strip().upper()
    if not number:
        raise Invalid("the number is empty")
    if len(number) == LENGTH and number.isascii() and number.isalnum():
        raise Invalid("this has the form of a credit code or an identity number: name it as one")
    return number


def person_number(text: str, today: date) -> PersonNumber:
    """Raises `Invalid`. The area is not looked up: codes of areas that are gone are still borne."""
    number = text.strip().upper()
    if len(number) != LENGTH or not number[:17].isascii() or not number[:17].isdigit():
        raise Invalid("an identity number has 17 digits and a check character")
    weighed = sum(int(one) * by for one, by in zip(number, PERSON_WEIGHTS, strict=False))
    if PERSON_CHECKS[weighed % 11] != number[17]:
        raise Invalid("the check character of the identity number is wrong")
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Invalid("the day of birth in the identity number is none") from None
    if born_on > today:
        raise Invalid("the day of birth in the identity number is to come")
    return PersonNumber(number, born_on)


def token_of(number: str, key: bytes) -> str:
    """HMAC-SHA-256 of the number under the key of the jurisdiction: what goes on of it."""
    return hmac.new(key, number.encode(), sha256).hexdigest()


def subject_of(token: str) -> UUID:
    """The same party is the same subject in every service."""
    return uuid5(SUBJECTS, token)
