"""How a command speaks to a service that runs: over HTTP, as operations."""

from typing import Annotated, Any

import httpx
import typer

from libs.console import suite as suites
from libs.console.app import VAR, refuse
from libs.events.identity import DevelopmentIssuer

Url = Annotated[str, typer.Option(help="Where the service is; by default where `up` puts it.")]


def asked(service: str, path: str, url: str, suite: str, body: Any = None) -> Any:
    """The service's answer, as operations. What it refuses is told in one line."""
    if service not in suites.services():
        raise refuse(f"there is no service {service}: {', '.join(suites.services())}")
    issuer = DevelopmentIssuer.from_file(VAR / (suite or "lianban") / "issuer.pem")
    headers = {"Authorization": f"Bearer {issuer.token(actor='ops', role='OPS', agency='OPS')}"}
    where = url or f"http://127.0.0.1:{suites.of_environment(suites.services())[service]}"
    try:
        if body is None:
            answer = httpx.get(f"{where}{path}", headers=headers, timeout=30)
        else:
            answer = httpx.post(f"{where}{path}", headers=headers, json=body, timeout=60)
    except httpx.TransportError as problem:
        raise refuse(f"{service} does not answer at {where}: {problem}") from None
    if answer.status_code != 200:
        raise refuse(f"{service}: {answer.json().get('detail', answer.text)}")
    return answer.json()
