"""Tokens are verified once in a little while, and never believed beyond their time."""

from datetime import timedelta
from time import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from libs.events.core.kernel import Refused
from libs.events.http.cosigning import verified
from libs.events.http.identity import (
    AUDIENCE,
    DEVELOPMENT,
    SIGNATURE,
    DevelopmentIssuer,
    NotIdentified,
    Recognized,
)


class Counting(DevelopmentIssuer):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def claims(self, token: str) -> dict[str, Any]:
        self.asked += 1
        return super().claims(token)


def token_of(issuer: DevelopmentIssuer, seconds: float) -> str:
    lasts = timedelta(seconds=seconds)
    return issuer.token(actor="a", role="OPS", agency="WGZX", lasts=lasts)


async def test_a_token_is_verified_once() -> None:
    issuer = Counting()
    callers, token = Recognized(issuer), token_of(issuer, 60)
    assert [(await callers.claims(token))["sub"] for _ in range(3)] == ["a"] * 3
    assert issuer.asked == 1
    await callers.claims(token_of(issuer, 90))
    assert issuer.asked == 2


async def test_what_has_expired_is_asked_about_again(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = Counting()
    callers, token = Recognized(issuer), token_of(issuer, 60)
    claims = await callers.claims(token)
    monkeypatch.setattr("libs.events.http.identity.time", lambda: float(claims["exp"]))
    await callers.claims(token)
    assert issuer.asked == 2
    with pytest.raises(NotIdentified):
        await callers.claims(token_of(issuer, -1))


async def test_a_token_of_nobody_is_asked_about_each_time() -> None:
    issuer, stranger = Counting(), DevelopmentIssuer()
    callers, token = Recognized(issuer), token_of(stranger, 60)
    for _ in range(2):
        with pytest.raises(NotIdentified):
            await callers.claims(token)
    assert issuer.asked == 2


@pytest.mark.parametrize(
    ("seconds", "holds"), [(15, True), (60, False), (-500, True), (-700, False)]
)
def test_when_a_signature_was_given_is_judged_with_some_skew(seconds: int, holds: bool) -> None:
    """Clocks differ by half a minute; a signature holds for ten."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = DevelopmentIssuer(key)
    now = int(time())
    claims = {
        "iss": DEVELOPMENT, "aud": SIGNATURE, "sub": "o1", "role": "OFFICER", "agency": "SCJ",
        "htu": "/x", "sha256": "0" * 64, "iat": now + seconds, "exp": now + 600,
    }  # fmt: skip
    token = jwt.encode(claims, key, algorithm="ES256")
    if holds:
        assert verified(issuer, token, "/x", "0" * 64).actor == "o1"
    else:
        with pytest.raises(Refused, match="older than ten minutes, or its time lies ahead"):
            verified(issuer, token, "/x", "0" * 64)


def test_a_token_of_access_from_the_future_is_none() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    claims = {
        "iss": DEVELOPMENT, "aud": AUDIENCE, "sub": "o1", "role": "OFFICER", "agency": "SCJ",
        "iat": int(time()) + 60, "exp": int(time()) + 600,
    }  # fmt: skip
    with pytest.raises(NotIdentified, match="not yet valid"):
        DevelopmentIssuer(key).claims(jwt.encode(claims, key, algorithm="ES256"))
