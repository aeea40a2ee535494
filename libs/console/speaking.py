"""How a command speaks to a service that runs: over HTTP, as operations.

With a real issuer the token is its own, in LIANBAN_TOKEN; else the development issuer's.
"""

import os
from typing import Annotated, Any

import typer

from libs.console import suite as suites
from libs.console.app import VAR, refuse

Url = Annotated[str, typer.Option(help="Where the service is; by default where `up` puts it.")]


class Silent(Exception):
    """A service that does not answer, or not as one of ours does."""


def asked(service: str, path: str, url: str, suite: str, body: Any = None) -> Any:
    """The service's answer. What it refuses, and silence, is told in one line."""
    try:
        return answer(service, path, url, suite, body)
    except Silent as problem:
        raise refuse(str(problem)) from None


def answer(service: str, path: str, url: str, suite: str, body: Any = None) -> Any:
    """The same; raises `Silent`."""
    if service not in suites.services():
        raise refuse(f"there is no service {service}: {', '.join(suites.services())}")
    where = url or f"http://127.0.0.1:{suites.port_of(service, VAR / (suite or 'lianban'))}"
    import httpx

    # Whoever reads what this command says reads English.
    headers = {"Authorization": f"Bearer {token(suite)}", "Accept-Language": "en"}
    method = "GET" if body is None else "POST"
    try:
        told = httpx.request(method, f"{where}{path}", headers=headers, json=body, timeout=60)
    except httpx.HTTPError as problem:
        raise Silent(f"{service} does not answer at {where}: {problem}") from None
    try:
        said = told.json()
    except ValueError:
        raise Silent(f"what answers at {where} is not {service}: {told.status_code}") from None
    if told.status_code != 200:
        raise refuse(f"{service}: {told_in_words(said)}")
    return said


def told_in_words(problem: dict[str, Any]) -> str:
    """What a problem says, and of which fields."""
    fields = problem.get("details", {}).get("fields", ())
    words = [f"{one['field']}: {one['problem']}" for one in fields]
    return "; ".join([str(problem.get("detail", problem)), *words])


def token(suite: str) -> str:
    if given := os.environ.get("LIANBAN_TOKEN"):
        return given
    from libs.events.http.identity import DevelopmentIssuer

    issuer = DevelopmentIssuer.from_file(VAR / (suite or "lianban") / "issuer.pem")
    return issuer.token(actor="ops", role="OPS", agency="OPS")
