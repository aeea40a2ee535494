"""Numbers of firms that are none: they hold, and nobody has them."""

from contextlib import suppress

from libs.statute.identity import ALPHABET, PERSON_CHECKS, Invalid, credit_code

# 91: an enterprise, registered in Binhai.
PLACE = "91120116"


def firm(number: int) -> str:
    """The credit code of an imagined enterprise; another one for every number below a million."""
    for inner in PERSON_CHECKS:
        for outer in ALPHABET:
            with suppress(Invalid):
                code = credit_code(f"{PLACE}XX{number:06d}{inner}{outer}")
                if code.body_holds:
                    return code.number
    raise AssertionError("some check characters always hold")
