"""`lianban draw verify`: draws an inspection again from what was published of it."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError
from rich.table import Table

from libs.console.app import Json, app, out, plainly, refuse
from libs.statute.drawing import ALGORITHM, drawn, list_hash, seed_of

draw_app = typer.Typer(no_args_is_help=True, help="Inspections drawn at random, drawn again.")
app.add_typer(draw_app, name="draw")


class Published(BaseModel):
    """What `POST /inspections/draw` answers, as anybody may be given it."""

    model_config = ConfigDict(extra="ignore")

    plan_no: str
    seed: str
    nonce: str
    witness: str
    algo: str
    list_hash: str
    candidates: list[str]
    count: int
    drawn: list[str]


@draw_app.command()
@plainly
def verify(
    file: Annotated[Path, typer.Argument(help="What was published of the draw; - reads it.")],
    as_json: Json = False,
) -> None:
    """Whether the list, the seed and the order are those that were said; exit code 1 if not."""
    given = published(file)
    checks = compared(given)
    wrong = [name for name, same in checks.items() if not same]
    if as_json:
        typer.echo(json.dumps({"plan_no": given.plan_no, "same": not wrong, "checks": checks}))
    else:
        table = Table(title=f"{given.plan_no}: {given.count} of {len(set(given.candidates))}")
        table.add_column("drawn again")
        table.add_column("")
        for name, same in checks.items():
            table.add_row(name, "the same" if same else "[red]another[/]")
        out.print(table)
    if wrong:
        raise typer.Exit(1)


def published(file: Path) -> Published:
    """Raises an exit with one line where the file cannot be read as a draw."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        given: Any = json.loads(text)
        return Published.model_validate(given)
    except (OSError, UnicodeDecodeError) as problem:
        raise refuse(f"{file}: {problem}") from None
    except json.JSONDecodeError as problem:
        raise refuse(f"{file}:{problem.lineno}: no JSON: {problem.msg}") from None
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise refuse(f"{file}: {field}: {first['msg']}") from None


def compared(given: Published) -> dict[str, bool]:
    """Each part of the draw, and whether drawing again gives the same."""
    return {
        "algorithm": given.algo == ALGORITHM,
        "list": list_hash(given.candidates) == given.list_hash,
        "seed": seed_of(given.nonce, given.witness) == given.seed,
        "order": list(drawn(given.seed, given.candidates, given.count)) == given.drawn,
    }
