"""What the OpenAPI pages allow and forbid is tried, and every answer is one that they tell of."""

import asyncio
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

import pytest
import schemathesis
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.contracts.vocabulary import Role
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.statute.pack import Pack
from tests.assembled import ASSEMBLE
from tests.conftest import PACK, acting, environment

EXAMPLES: Final = int(environment("LIANBAN_EXAMPLES") or "5")
CHECKS: Final = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
# Whose 503 is what they are for.
PROBES: Final = ("/health/ready",)


@contextmanager
def app_of(world: World, assemble: Callable[[World, Pack], Service]) -> Iterator[FastAPI]:
    service = assemble(world, PACK)
    service.prepare()
    with service.settler:
        yield service.app()


def settled_apart(app: FastAPI) -> ASGIApp:
    """The app alone: what it runs beside is started here, and no relay or ear is."""

    async def alone(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        while True:
            asked = (await receive())["type"]
            await send({"type": f"{asked}.complete"})
            if asked == "lifespan.shutdown":
                return

    return alone


async def may_ask(app: FastAPI, method: str, path: str) -> dict[str, str]:
    """The headers of the first role that may ask it at all."""
    example = path.replace("{", "").replace("}", "")
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://here") as client:
        for role in Role:
            headers = acting(f"one-{role}", role, "SCJ")
            answer = await client.request(method, example, json={}, headers=headers)
            if answer.status_code != 403 or answer.json()["rule"] != "role-not-allowed":
                return headers
    raise AssertionError(f"nobody may ask {method} {path}")


def tried(operation: Any, headers: dict[str, str]) -> tuple[int, str]:
    """How many cases of an operation were tried, and the first that was answered otherwise."""
    count, wrong = 0, ""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def tries(case: Any) -> None:
        nonlocal count
        count += 1
        case.call_and_validate(headers=headers, checks=list(CHECKS))

    try:
        tries()
    except FailureGroup as failed:
        wrong = "; ".join(str(one) for one in failed.exceptions)[:600]
    return count, wrong and f"{operation.method} {operation.path}: {wrong}"


@pytest.mark.whole
@pytest.mark.parametrize("name", ASSEMBLE)
def test_every_answer_is_one_that_the_page_tells_of(name: str, world: World) -> None:
    count, wrong = 0, []
    with app_of(world, ASSEMBLE[name]) as app, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_asgi("/openapi.json", settled_apart(app))
        for found in schema.get_all_operations():
            operation = cast(Any, found).ok()
            if operation.path.startswith("/development") or operation.path in PROBES:
                continue
            headers = asyncio.run(may_ask(app, operation.method, operation.path))
            number, problem = tried(operation, headers)
            count += number
            wrong += [problem] if problem else []
    assert wrong == []
    assert count > EXAMPLES * 5
