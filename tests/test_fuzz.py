"""Every text of every body and every path of every service, with what no text may hold.

The places are found in the OpenAPI pages, so an operation that is added is asked as well.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import pytest
from httpx import AsyncClient
from sqlalchemy import Engine, func, select

from libs.contracts.vocabulary import Role
from libs.events.process.world import World
from libs.events.store.tables import events
from tests.assembled import ASSEMBLE
from tests.conftest import PACK, Loopback, acting, served
from tests.effort import MOST_CALLS, effort

BAD: Final = {"NUL": "a\0b", "30 kB": "x" * 30_000, "a surrogate": "\ud800"}
TEXTS: Final = ("a\0b", "x" * 9_000, "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00")
ENDS: Final = ("-1", "9" * 20, "nan", "1e400")
UUID: Final = "11111111-1111-7111-8111-111111111111"
FORMATS: Final = {"uuid": UUID, "date": "2026-06-01", "date-time": "2026-06-01T09:00:00+08:00"}
# A moment that no clock of UTC shows.
MOMENTS: Final = {"too early": "0001-01-01T00:00:00+08:00", "too late": "9999-12-31T23:59:59-08:00"}
EVERYBODY: Final = [acting(f"one-{role}", role, "CGW") for role in Role]


class Schemas:
    """Bodies made from the schemas of an OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._known = document.get("components", {}).get("schemas", {})

    def whole(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return self.whole(self._known[schema["$ref"].rpartition("/")[2]])
        for option in schema.get("anyOf", ()):
            if option.get("type") != "null":
                return self.whole(option)
        return schema

    def example(self, schema: dict[str, Any]) -> Any:
        """Something that fits, as far as the schema says."""
        one = self.whole(schema)
        if "enum" in one or "const" in one:
            return one.get("const", one.get("enum", [None])[0])
        kind = one.get("type")
        if kind == "object":
            properties = one.get("properties", {})
            return {name: self.example(properties[name]) for name in one.get("required", ())}
        if kind == "array":
            if "prefixItems" in one:
                return [self.example(part) for part in one["prefixItems"]]
            return [self.example(one["items"])] * one.get("minItems", 0)
        if kind == "string":
            return FORMATS.get(one.get("format", ""), "a" * 64)
        return {"integer": 1, "number": 1.0, "boolean": True}.get(str(kind), {})

    def at(self, schema: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
        one = self.whole(schema)
        for name in place:
            one = self.whole(one["items"] if name == "0" else one["properties"][name])
        return one

    def texts(self, schema: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """The path of every text in a body."""
        one = self.whole(schema)
        if one.get("type") == "string":
            yield at
        for name, part in one.get("properties", {}).items():
            yield from self.texts(part, (*at, name))
        if "items" in one:
            yield from self.texts(one["items"], (*at, "0"))


def placed(body: Any, path: tuple[str, ...], value: str) -> Any:
    """The body with this value at this place, and whatever it takes to get there."""
    if not path:
        return value
    if path[0] == "0":
        return [placed({}, path[1:], value)]
    inner = body.get(path[0], {}) if isinstance(body, dict) else {}
    return {**(body if isinstance(body, dict) else {}), path[0]: placed(inner, path[1:], value)}


async def answered(
    client: AsyncClient, path: str, body: Any, asking: list[dict[str, str]]
) -> tuple[int, dict[str, Any], int, dict[str, str]]:
    """By the first role that may ask it at all, and which one that is."""
    for who in asking:
        headers = who | {"content-type": "application/json"}
        content = json.dumps(body)
        with effort() as spent:
            answer = await client.post(path, content=content, headers=headers)
        if answer.status_code != 403 or answer.json()["rule"] != "role-not-allowed":
            return answer.status_code, answer.json(), spent.calls, who
    raise AssertionError(f"nobody may ask {path}")


async def asked_all(client: AsyncClient, engine: Engine) -> int:
    """How many places were tried. Each is told of by its name, at once, and nothing is recorded."""
    document = (await client.get("/openapi.json")).json()
    schemas = Schemas(document)
    tried = 0
    for path, methods in document["paths"].items():
        if "post" not in methods or path.startswith("/development"):
            continue
        filled = path
        for parameter in methods["post"].get("parameters", ()):
            if parameter["in"] == "path":
                example = str(schemas.example(parameter["schema"]))
                filled = filled.replace(f"{{{parameter['name']}}}", example)
        content = methods["post"].get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        asking = EVERYBODY
        for place in schemas.texts(schema):
            moments = MOMENTS if schemas.at(schema, place).get("format") == "date-time" else {}
            for what, bad in (BAD | moments).items():
                body = placed(schemas.example(schema), place, bad)
                status, problem, calls, who = await answered(client, filled, body, asking)
                asking = [who]
                told = (path, place, what, problem)
                assert (status, problem["rule"]) == (400, "request-malformed"), told
                if what != "a surrogate":  # a text that is no JSON has no fields
                    named = [one["field"] for one in problem["details"]["fields"]]
                    assert any(place[-1] in field or place[0] in field for field in named), told
                assert calls < MOST_CALLS, (calls, told)
                tried += 1
    tried += await asked_elsewhere(client, document, schemas)
    with engine.connect() as tx:
        assert tx.execute(select(func.count()).select_from(events)).scalar_one() == 0
    return tried


async def asked_elsewhere(client: AsyncClient, document: dict[str, Any], schemas: Schemas) -> int:
    """The same in every text of a path or a query, whatever the method."""
    tried = 0
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            asked = [one for one in told.get("parameters", ()) if one["in"] in ("path", "query")]
            for one in asked:
                if schemas.whole(one["schema"]).get("type") not in ("string", "integer"):
                    continue
                whole, asking = schemas.whole(one["schema"]), EVERYBODY
                for bad in ENDS if whole["type"] == "integer" else TEXTS:
                    if "pattern" in whole and fits(whole, bad):
                        continue  # a name may be any text
                    values = {
                        other["name"]: str(schemas.example(other["schema"]))
                        for other in asked
                        if other.get("required") or other["in"] == "path"
                    } | {one["name"]: bad}
                    where = path
                    for other in asked:
                        if other["in"] == "path":
                            value = quote(values.pop(other["name"]), safe="")
                            where = where.replace(f"{{{other['name']}}}", value)
                    # Whose role it is not is asked once, and not for every text again.
                    asking = await refused_to_all(client, method, where, values, asking) or asking
                    tried += 1
    return tried


def fits(schema: dict[str, Any], text: str) -> bool:
    long_enough = len(text) <= schema.get("maxLength", len(text))
    return long_enough and re.search(schema["pattern"], text) is not None


async def refused_to_all(
    client: AsyncClient, method: str, path: str, query: dict[str, str], asking: list[dict[str, str]]
) -> list[dict[str, str]]:
    """Who of them may ask it at all, and is told what is wrong."""
    may = []
    for who in asking:
        answer = await client.request(method, path, params=query, headers=who)
        told = (method, path[:60], list(query), answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json", told
        assert answer.status_code in (400, 403, 404), told
        if answer.status_code != 403:
            may.append(who)
    return may


# How many places there are at least, so that the search itself cannot come to nothing.
LEAST: Final = {
    "grid": 150, "exchange": 150, "oversight": 15, "enforcement": 300, "credit": 300,
    "mediation": 150,
}  # fmt: skip


@pytest.mark.parametrize("service", ASSEMBLE)
async def test_no_text_of_any_service_holds_what_none_may(
    service: str, world: World, loopback: Loopback, engine: Engine
) -> None:
    async with served(ASSEMBLE[service](world, PACK), loopback) as client:
        assert await asked_all(client, engine) > LEAST[service]
