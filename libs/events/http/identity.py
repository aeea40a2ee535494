"""Who is calling: a signed token (RFC 7519), and the issuer who vouches for it."""

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from threading import Lock
from time import time
from typing import Any, Final, Protocol, Self

import jwt
from cachetools import TTLCache
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from libs.events.system.clocks import machine_clock
from libs.events.system.private_files import private_text

AUDIENCE: Final = "lianban"
SIGNATURE: Final = "lianban-signature"
DEVELOPMENT: Final = "lianban-development"
CLAIMS: Final = ("sub", "role", "agency")
# What a signature says beside who it is of: RFC 9449 calls the address `htu`.
SIGNS: Final = (*CLAIMS, "htu", "sha256")
# How old a signature may be [design, docs/domain/enforcement.md].
SIGNED_FOR: Final = timedelta(minutes=10)
SECONDS: Final = 30.0
MOST: Final = 10_000
ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]


class NotIdentified(Exception):
    """No token, or none that the issuer vouches for."""


class Issuer(Protocol):
    def claims(self, token: str) -> dict[str, Any]:
        """Raises `NotIdentified`."""
        ...

    def signature(self, token: str) -> dict[str, Any]:
        """The claims of a signature: who, under what, and when. Raises `NotIdentified`."""
        ...


class DevelopmentIssuer:
    """Signs its own tokens (ES256): for one's own machine and for tests."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        self._public = self._key.public_key()

    @classmethod
    def from_file(cls, file: Path) -> Self:
        """The key of a suite, made with it; nobody else may read it."""
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            try:
                descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                pass  # another service of the suite was first
            else:
                with os.fdopen(descriptor, "wb") as made:
                    made.write(pem)
        key = serialization.load_pem_private_key(private_text(file).encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return cls(key)

    def token(
        self, *, actor: str, role: str, agency: str, lasts: timedelta = timedelta(hours=12)
    ) -> str:
        claims = {
            "iss": DEVELOPMENT,
            "aud": AUDIENCE,
            "sub": actor,
            "role": role,
            "agency": agency,
            "exp": machine_clock() + lasts,
        }
        return jwt.encode(claims, self._key, algorithm="ES256")

    def sign(self, *, actor: str, role: str, agency: str, path: str, sha256: str) -> str:
        """A signature of this person under a body that is sent to a path."""
        now = machine_clock()
        claims = {
            "iss": DEVELOPMENT,
            "aud": SIGNATURE,
            "sub": actor,
            "role": role,
            "agency": agency,
            "htu": path,
            "sha256": sha256,
            "iat": now,
            "exp": now + SIGNED_FOR,
        }
        return jwt.encode(claims, self._key, algorithm="ES256")

    def claims(self, token: str) -> dict[str, Any]:
        return checked(token, self._public, ["ES256"], DEVELOPMENT)

    def signature(self, token: str) -> dict[str, Any]:
        return checked(token, self._public, ["ES256"], DEVELOPMENT, SIGNATURE, SIGNS)


class OidcIssuer:
    """An OpenID Connect issuer, known by its discovery document and its JWKS."""

    def __init__(self, url: str, jwks_url: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._keys = jwt.PyJWKClient(jwks_url or self._discovered(), cache_keys=True, timeout=5)

    def claims(self, token: str) -> dict[str, Any]:
        return checked(token, self._key(token), ALGORITHMS, self._url)

    def signature(self, token: str) -> dict[str, Any]:
        return checked(token, self._key(token), ALGORITHMS, self._url, SIGNATURE, SIGNS)

    def _key(self, token: str) -> Any:
        try:
            return self._keys.get_signing_key_from_jwt(token).key
        except (jwt.PyJWTError, ValueError) as problem:
            raise NotIdentified(str(problem)) from problem

    def _discovered(self) -> str:
        from urllib.request import urlopen

        with urlopen(f"{self._url}/.well-known/openid-configuration", timeout=10) as answer:
            found: str = json.load(answer)["jwks_uri"]
        return found


class Recognized:
    """The claims of tokens that were verified a little while ago: a token says the same each time.

    What the issuer has taken back meanwhile holds for `SECONDS` more, and never beyond its `exp`.
    """

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._claims: TTLCache[str, dict[str, Any]] = TTLCache(maxsize=MOST, ttl=SECONDS)
        self._lock = Lock()

    async def claims(self, token: str) -> dict[str, Any]:
        """Raises `NotIdentified`."""
        with self._lock:
            known = self._claims.get(token)
        if known is not None and float(known["exp"]) > time():
            return known
        if isinstance(self._issuer, OidcIssuer):  # it may have to ask for a key
            claims = await asyncio.to_thread(self._issuer.claims, token)
        else:
            claims = self._issuer.claims(token)
        with self._lock:
            self._claims[token] = claims
        return claims


def checked(
    token: str,
    key: Any,
    algorithms: list[str],
    issuer: str,
    audience: str = AUDIENCE,
    names: tuple[str, ...] = CLAIMS,
) -> dict[str, Any]:
    """Signed, in time, for us, and it says who, in which role and for whom."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=audience,
            issuer=issuer,
            # When a signature was given is judged where it is used, with some skew of clocks.
            options={
                "require": ["exp", "iss", "aud", *names],
                "verify_iat": audience != SIGNATURE,
            },
        )
    except jwt.PyJWTError as problem:
        raise NotIdentified(str(problem)) from problem
    if not all(isinstance(claims[name], str) for name in names):
        raise NotIdentified(f"{', '.join(names)} are texts")
    return claims
