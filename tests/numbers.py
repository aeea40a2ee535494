"""Numbers of firms that are none: they hold, and nobody has them."""

from libs.statute.identity import ALPHABET, BODY_WEIGHTS, CODE_WEIGHTS, credit_code

# 91: an enterprise, registered in Binhai.
PLACE = "91120116"


def firm(number: int) -> str:
    """The credit code of an imagined enterprise; another one for every number below a million."""
    body = f"XX{number:06d}"
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    left = (
        11 - sum(letters.index(one) * by for one, by in zip(body, BODY_WEIGHTS, strict=True)) % 11
    )
    code = PLACE + body + {10: "X", 11: "0"}.get(left, str(left))
    weighed = sum(ALPHABET.index(one) * by for one, by in zip(code, CODE_WEIGHTS, strict=True))
    return credit_code(code + ALPHABET[(31 - weighed % 31) % 31]).number
