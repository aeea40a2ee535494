"""Tokens are verified once in a little while, and never believed beyond their time."""

from datetime import timedelta
from typing import Any

import pytest

from libs.events.http.identity import DevelopmentIssuer, NotIdentified, Recognized


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
