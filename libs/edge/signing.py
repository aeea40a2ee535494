"""Who has signed a step: two officers of one agency, and the head where a step needs it.

Source: 行政处罚法 42; the domain's enforcement.md, B.2.5.
"""

from typing import Annotated

from pydantic import BaseModel, Field

from libs.contracts.vocabulary import PersonId, Role
from libs.events.cosigning import MOST, TOKEN, Signatures
from libs.events.kernel import Context

Token = Annotated[str, Field(pattern=TOKEN)]


class Signed(BaseModel):
    """A body that carries signatures: a token of the second officer, and of the head, each over the
    SHA-256 of the rest (RFC 8785) and the path, not older than ten minutes."""

    co_signature: Token | None = None
    co_signatures: Annotated[tuple[Token, ...], Field(max_length=MOST)] = ()
    head_signature: Token | None = None


def officers_of(caller: Context, signatures: Signatures) -> tuple[PersonId, ...]:
    """The caller, if an officer, and the colleagues who have signed for the same agency."""
    named = [PersonId(caller.actor)] if caller.role == Role.OFFICER else []
    named += [
        PersonId(one.actor)
        for one in signatures.colleagues
        if one.role == Role.OFFICER and one.agency == caller.agency
    ]
    return tuple(named)


def head_of(caller: Context, signatures: Signatures) -> PersonId | None:
    """The head of the caller's agency, if it has signed."""
    head = signatures.head
    if head is None or head.role != Role.AGENCY_HEAD or head.agency != caller.agency:
        return None
    return PersonId(head.actor)
