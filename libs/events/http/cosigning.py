"""A second signature under a request: somebody else's token over the rest of the body.

The digest is the SHA-256 of the body without its signatures, as RFC 8785 writes JSON. The token
says whom it is of, to which path the body goes, and when: no act is signed with the word for
another.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Final, TypeGuard

import rfc8785
from fastapi import Depends, Request

from libs.events.core.fields import Signatory, Signatures
from libs.events.core.kernel import Refused
from libs.events.http.identity import SIGNED_FOR, Issuer, NotIdentified
from libs.events.system.clocks import machine_clock

__all__ = ["Signatory", "Signatures"]

# The fields of a body that hold signatures, and are in no digest: of one colleague, of several, of
# the head.
COLLEAGUE, COLLEAGUES, HEAD = "co_signature", "co_signatures", "head_signature"
FIELDS: Final = (COLLEAGUE, COLLEAGUES, HEAD)
MOST: Final = 10
# What a token looks like: RFC 7515, 7.1. Anything else is told by the body's own schema.
TOKEN: Final = r"^[A-Za-z0-9_.=-]{1,4096}$"
# Clocks of two machines may differ so much.
SKEW: Final = timedelta(seconds=30)


def digest_of(body: Mapping[str, Any]) -> str:
    """What is signed. Raises `Refused` where the body cannot be written in one way only."""
    rest = {name: value for name, value in body.items() if name not in FIELDS}
    try:
        return sha256(rfc8785.dumps(rest)).hexdigest()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as problem:
        raise Refused(
            "request-malformed",
            "The body cannot be written in one way only (RFC 8785): {problem}",
            problem=str(problem),
        ) from problem


def verified(issuer: Issuer, token: str, path: str, digest: str) -> Signatory:
    """Raises `Refused` where it is nobody's, another body's, another path's, or too old."""
    try:
        claims = issuer.signature(token)
    except NotIdentified as stranger:
        raise Refused(
            "signature-invalid",
            "The issuer does not vouch for the signature: {stranger}",
            stranger=str(stranger),
        ) from stranger
    if claims["htu"] != path or claims["sha256"] != digest:
        raise Refused(
            "signature-invalid",
            "The signature was given for another body or another path: sign this one",
        )
    age = machine_clock().timestamp() - float(claims.get("iat", 0))
    if not -SKEW.total_seconds() <= age <= SIGNED_FOR.total_seconds():
        raise Refused(
            "signature-invalid",
            "The signature is older than ten minutes, or its time lies ahead: sign again",
        )
    return Signatory(actor=claims["sub"], role=claims["role"], agency=claims["agency"])


def is_token(given: Any) -> TypeGuard[str]:
    return isinstance(given, str) and re.match(TOKEN, given) is not None


async def signatures_of_request(request: Request) -> Signatures:
    body = await request.json() if await request.body() else {}
    if not isinstance(body, dict) or not any(body.get(name) for name in FIELDS):
        return Signatures()
    issuer: Issuer = request.app.state.issuer
    digest = digest_of(body)
    path = request.url.path
    several = body.get(COLLEAGUES)
    given = [body.get(COLLEAGUE), *(several if isinstance(several, list) else ())]
    tokens = [one for one in given if is_token(one)][:MOST]
    head = body.get(HEAD)
    return Signatures(
        colleagues=tuple(
            [await asyncio.to_thread(verified, issuer, one, path, digest) for one in tokens]
        ),
        head=await asyncio.to_thread(verified, issuer, head, path, digest)
        if is_token(head)
        else None,
    )


Cosigned = Annotated[Signatures, Depends(signatures_of_request)]
