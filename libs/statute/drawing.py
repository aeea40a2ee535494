"""Drawing at random so that anybody can draw again: SHA256-ORDER-1, 双随机.

The seed is the SHA-256 of an operator's nonce and of what nobody chose. The candidates are sorted
by SHA-256(seed ‖ id), and the first so many are drawn. The list's digest is that of the sorted ids,
one a line. Source: docs/domain/enforcement.md.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

ALGORITHM: Final = "SHA256-ORDER-1"


def seed_of(nonce: str, witness: str) -> str:
    return sha256(f"{nonce}\n{witness}".encode()).hexdigest()


def list_hash(candidates: Iterable[str]) -> str:
    return sha256("".join(f"{one}\n" for one in sorted(set(candidates))).encode()).hexdigest()


def drawn(seed: str, candidates: Iterable[str], count: int) -> Sequence[str]:
    """The first `count` of them, in the order of the draw."""
    order = sorted(set(candidates), key=lambda one: sha256(f"{seed}{one}".encode()).digest())
    return order[:count]
