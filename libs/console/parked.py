"""`lianban parked`: what a service could not take in, and what is to become of it."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from libs.console import suite as suites
from libs.console.app import Json, KnownSuite, app, out, plainly, refuse
from libs.console.speaking import Silent, Url, answer, asked

parked_app = typer.Typer(no_args_is_help=True, help="What could not be taken in.")
app.add_typer(parked_app, name="parked")

Id = Annotated[int, typer.Argument(help="As `lianban parked ls` shows it.")]
COLUMNS: Final = ("id", "reaction", "subject", "position", "why", "attempts", "since", "error")
PAGE: Final = 1_000


@parked_app.command("ls")
@plainly
def list_parked(
    service: Annotated[str, typer.Argument(help="One service; all of them.")] = "",
    dead: Annotated[bool, typer.Option("--dead", help="Only what waits for an operator.")] = False,
    url: Url = "",
    suite: KnownSuite = "",
    as_json: Json = False,
) -> None:
    """What waits, the oldest first."""
    if url and not service:
        raise refuse("--url says where one service is: name it")
    found: list[dict[str, Any]] = []
    silent: list[str] = []
    for name in [service] if service else suites.services():
        try:
            found += [{"service": name, **one} for one in every(name, dead, url, suite)]
        except Silent as problem:
            silent.append(str(problem))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        told(silent)
        return
    table = Table("service", *COLUMNS, title=f"{len(found)} parked")
    for one in found:
        why = f"{one['why']}, dead" if one["dead"] else one["why"]
        row = {**one, "why": why, "since": one["since"][:19]}
        table.add_row(one["service"], *(Text(str(row[name])) for name in COLUMNS))
    out.print(table)
    told(silent)


def every(service: str, dead: bool, url: str, suite: str) -> Iterator[dict[str, Any]]:
    """Page after page."""
    after = 0
    while True:
        query = f"?limit={PAGE}&after={after}" + ("&dead=true" if dead else "")
        page = answer(service, f"/parked{query}", url, suite)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]["id"]


def told(silent: list[str]) -> None:
    """What could be asked has been shown; who was not there is named."""
    if silent:
        raise refuse("; ".join(silent))


@parked_app.command("show")
@plainly
def show_parked(service: str, parked_id: Id, url: Url = "", suite: KnownSuite = "") -> None:
    """A message whole, as it came; what is personal in it is encrypted."""
    found = asked(service, f"/parked/{parked_id}", url, suite)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1))


@parked_app.command("retry")
@plainly
def retry_parked(service: str, parked_id: Id, url: Url = "", suite: KnownSuite = "") -> None:
    """Its stream is tried at once, from the first that waits."""
    taken = asked(service, f"/parked/{parked_id}/retry", url, suite, {})["taken"]
    typer.echo(f"{taken} taken in")
    if not taken:
        raise typer.Exit(1)


@parked_app.command("skip")
@plainly
def skip_parked(
    service: str,
    parked_id: Id,
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")],
    url: Url = "",
    suite: KnownSuite = "",
) -> None:
    """It is passed over for good, and that is recorded."""
    asked(service, f"/parked/{parked_id}/skip", url, suite, {"reason": reason})
    typer.echo(f"{parked_id} of {service} is passed over")
