"""`lianban demo`, `replay` and `play`: a fresh suite, what is put into it, what comes of it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from libs.console import suite as suites
from libs.console.app import VAR, Json, app, err, out, plainly
from libs.console.broker import ROOT


@app.command()
@plainly
def replay(
    mapping: Path,
    file: Path,
    pack: Annotated[Path, typer.Option()] = Path("jurisdictions/boston"),
    as_json: Json = False,
) -> None:
    """Replay a city's own rows in a fresh suite; exit code 1 if anything is off."""
    from libs.console.demo import replay_rows
    from libs.console.mapping import Mapped
    from libs.statute.checking import read_sound_pack

    Mapped.read(mapping, file, read_sound_pack(pack))
    with suites.kafka(VAR) as url:
        found = replay_rows(mapping, file, VAR, pack, url, err if as_json else out)
    told(found, as_json)


@app.command()
@plainly
def demo(as_json: Json = False) -> None:
    """Real rows replayed, every story played, all of it checked; nothing is left running."""
    from libs.console.demo import forget_old, play_all, replay_rows

    talk = err if as_json else out
    demo_folder = ROOT / "demo"
    packs = ROOT / "jurisdictions"
    forget_old(VAR)
    with suites.kafka(VAR) as url:
        found = replay_rows(
            demo_folder / "boston311.yaml", demo_folder / "boston311.csv", VAR, packs / "boston",
            url, talk,
        )  # fmt: skip
        stories = sorted((demo_folder / "scenarios").glob("*.yaml"))
        differs = play_all(stories, VAR, packs / "binhai", url, talk)
    found["stories"] = {"played": len(stories), "differ": differs}
    found["wrong"] += differs
    told(found, as_json)


def told(found: dict[str, Any], as_json: bool) -> None:
    """What came of it; exit code 1 if anything is off."""
    from libs.console.demo import show

    if as_json:
        typer.echo(json.dumps(found))
    else:
        show(found, out)
    if found["wrong"]:
        raise typer.Exit(1)


@app.command()
@plainly
def play(
    scenario: Path,
    pack: Annotated[Path, typer.Option()] = Path("jurisdictions/binhai"),
) -> None:
    """Play a story in a fresh suite of its own; exit code 1 at the first difference."""
    from libs.console.demo import play_all
    from libs.console.scenario import Scenario
    from libs.statute.checking import read_sound_pack

    Scenario.read(scenario, read_sound_pack(pack))
    with suites.kafka(VAR) as url:
        differs = play_all([scenario], VAR, pack, url, out)
    if differs:
        err.print(differs[0], markup=False)
        raise typer.Exit(1)
