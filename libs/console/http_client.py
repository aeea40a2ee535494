"""HTTP for a client that asks ten thousand times: aiohttp, with answers read whole.

See docs/decisions/20-declarations.md.
"""

import json as jsons
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from aiohttp import ClientSession, ClientTimeout, TCPConnector

SECONDS = 30.0


class Failed(Exception):
    """What had to succeed was answered with an error."""


class Answered(Protocol):
    """What an answer of httpx and one of ours have in common."""

    @property
    def status_code(self) -> int: ...

    @property
    def is_success(self) -> bool: ...

    @property
    def text(self) -> str: ...

    def json(self) -> Any: ...

    def raise_for_status(self) -> Any: ...


@dataclass(frozen=True)
class Answer:
    status_code: int
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        return jsons.loads(self.content)

    def raise_for_status(self) -> None:
        if not self.is_success:
            raise Failed(f"{self.status_code}: {self.text[:500]}")


class HttpClient:
    """Kept connections, as many as are needed."""

    def __init__(self) -> None:
        self._session = ClientSession(
            connector=TCPConnector(limit=100),
            timeout=ClientTimeout(total=SECONDS),
            skip_auto_headers=("Content-Type",),
        )

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        return await self._asked("GET", url, None, headers)

    async def put(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Answer:
        return await self._asked("PUT", url, content, headers)

    async def post(
        self, url: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        body = None if json is None else orjson.dumps(json)
        kind = {} if json is None else {"content-type": "application/json"}
        return await self._asked("POST", url, body, {**(headers or {}), **kind})

    async def _asked(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> Answer:
        async with self._session.request(method, url, data=body, headers=headers) as answer:
            return Answer(answer.status, await answer.read())

    async def aclose(self) -> None:
        await self._session.close()
