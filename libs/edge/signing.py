"""Who has signed a step: two officers of one agency, and the head where a step needs it.

Source: 行政处罚法 42; docs/domain/enforcement.md.
"""

from typing import Annotated

from pydantic import BaseModel, Field

from libs.contracts.asking import head_of, officers_of
from libs.events.http.cosigning import MOST, TOKEN

__all__ = ["Signed", "Token", "head_of", "officers_of"]

Token = Annotated[str, Field(pattern=TOKEN)]


class Signed(BaseModel):
    """A body that carries signatures: a token of the second officer, and of the head, each over the
    SHA-256 of the rest (RFC 8785) and the path, not older than ten minutes."""

    co_signature: Token | None = None
    co_signatures: Annotated[tuple[Token, ...], Field(max_length=MOST)] = ()
    head_signature: Token | None = None
