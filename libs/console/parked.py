"""`lianban parked`: what a service could not take in, and what is to become of it."""

import json
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from libs.console import suite as suites
from libs.console.app import Json, SuiteName, app, out, plainly
from libs.console.speaking import Url, asked

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
    suite: SuiteName = "",
    as_json: Json = False,
) -> None:
    """What waits, the oldest first."""
    found: list[dict[str, Any]] = []
    for name in [service] if service else suites.services():
        after = 0
        while True:
            query = f"?limit={PAGE}&after={after}" + ("&dead=true" if dead else "")
            page = asked(name, f"/parked{query}", url, suite)
            found += [{"service": name, **one} for one in page]
            if len(page) < PAGE:
                break
            after = page[-1]["id"]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    table = Table("service", *COLUMNS, title=f"{len(found)} parked")
    for one in found:
        why = f"{one['why']}, dead" if one["dead"] else one["why"]
        row = {**one, "why": why, "since": one["since"][:19]}
        table.add_row(one["service"], *(str(row[name]) for name in COLUMNS))
    out.print(table)


@parked_app.command("show")
@plainly
def show_parked(service: str, parked_id: Id, url: Url = "", suite: SuiteName = "") -> None:
    """A message whole, as it came; what is personal in it is encrypted."""
    found = asked(service, f"/parked/{parked_id}", url, suite)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1))


@parked_app.command("retry")
@plainly
def retry_parked(service: str, parked_id: Id, url: Url = "", suite: SuiteName = "") -> None:
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
    suite: SuiteName = "",
) -> None:
    """It is passed over for good, and that is recorded."""
    asked(service, f"/parked/{parked_id}/skip", url, suite, {"reason": reason})
    typer.echo(f"{parked_id} of {service} is passed over")
