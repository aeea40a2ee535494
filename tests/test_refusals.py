"""Whoever is refused can look up why."""

import re

import pytest
from httpx import AsyncClient

from libs.events.http.catalogue import SHARED
from libs.suite.assembling import refusals_of
from tests.conftest import ROOT
from tests.declared import services

CATALOGUES = {name: refusals_of(name) for name in services()}


def rules_of(service: str) -> set[str]:
    """Every slug that stands in the code of a service where something is refused."""
    files = (ROOT / "services" / service).rglob("*.py")
    text = "\n".join(file.read_text("utf-8") for file in files)
    for shared in (ROOT / "libs" / "edge").glob("*.py"):
        if f"libs.edge.{shared.stem}" in text:
            text += shared.read_text("utf-8")
    return set(re.findall(r'Refused\(\s*"([a-z-]+)"', text))


@pytest.mark.parametrize("service", CATALOGUES)
def test_every_refusal_is_explained_and_none_is_explained_in_vain(service: str) -> None:
    assert rules_of(service) - SHARED.keys() == CATALOGUES[service].keys()


@pytest.mark.parametrize("service", CATALOGUES)
def test_every_refusal_has_an_example(service: str) -> None:
    """In a test or in a story; those that wait for a later issue are no rows of a catalogue yet,
    and stand in docs/architecture.md."""
    files = [*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "demo" / "scenarios").glob("*.yaml")]
    text = "\n".join(file.read_text("utf-8") for file in files)
    without = [one for one in CATALOGUES[service] if not re.search(rf'["\s]{one}["\s]', text)]
    assert without == []


@pytest.mark.parametrize("service", CATALOGUES)
def test_what_an_operation_is_said_to_be_refused_for_is_known(service: str) -> None:
    known = {**SHARED, **CATALOGUES[service]}
    for stream in services()[service].streams:
        for name, slugs in stream.refused.items():
            assert set(slugs) <= known.keys(), name


async def test_every_refusal_has_its_page(grid: AsyncClient) -> None:
    page = (await grid.get("/refusals/agency-not-competent")).json()
    assert page["title"] == "承办单位无此职责"
    html = await grid.get("/refusals/agency-not-competent", headers={"accept": "text/html"})
    assert "承办单位无此职责" in html.text
    assert (await grid.get("/refusals/no-such-rule")).status_code == 404
