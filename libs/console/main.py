"""The `lianban` command."""

import asyncio
import importlib
import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from libs.console import suite as suites
from libs.console.broker import ROOT

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
topics_app = typer.Typer(no_args_is_help=True, help="The topics of a suite.")
pack_app = typer.Typer(no_args_is_help=True, help="Jurisdiction packs.")
app.add_typer(topics_app, name="topics")
app.add_typer(pack_app, name="pack")
out = Console()
err = Console(stderr=True)

VAR = Path(os.environ.get("LIANBAN_VAR", "var"))
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
SuiteName = Annotated[str, typer.Option("--suite", help="The name of the suite.")]


def refuse(message: str) -> typer.Exit:
    """One plain line, and exit code 2."""
    err.print(message, markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(2)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """What a user can mend is told in one line."""

    @wraps(command)
    def told(*given: P.args, **named: P.kwargs) -> R:
        from libs.events.databases import Unusable
        from libs.events.vault import BadMasterKey
        from libs.statute.pack import Unsound

        try:
            return command(*given, **named)
        except (suites.NotStarted, Unsound, Unusable, BadMasterKey) as problem:
            raise refuse(str(problem)) from None

    return told


@app.command()
def run(service: str) -> None:
    """Run one service until it is told to stop."""
    if service not in suites.services():
        raise refuse(f"there is no service {service}: {', '.join(suites.services())}")
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"), format="%(levelname)s %(message)s"
    )
    for noisy in ("aiokafka", "kafka", "faststream", "httpx", "alembic"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    try:
        serve(service)
    except Exception as problem:
        if os.environ.get("LIANBAN_DEBUG"):
            raise
        line = str(problem).strip().partition("\n")[0] or type(problem).__name__
        raise refuse(f"{service} refuses to start: {line}") from None


def serve(service: str) -> None:
    import uvicorn

    from libs.console.protocol import PlainProblems
    from libs.events.kafka import wait_for_broker
    from libs.events.service import Settings, World, start_telemetry
    from libs.statute.checking import read_sound_pack

    settings = Settings.from_environment(service)
    port = int(os.environ.get(f"LIANBAN_PORT_{service.upper()}", "8100"))
    host = os.environ.get("LIANBAN_HOST", "127.0.0.1")
    require_free(host, port)
    pack = read_sound_pack(settings.pack)
    start_telemetry(service)
    world = World.opened(settings)
    parts = importlib.import_module(f"services.{service}.main").assemble(world, pack)
    parts.prepare()
    if not wait_for_broker(settings.kafka_url, float(os.environ.get("KAFKA_WAIT", "30"))):
        raise ConnectionError(f"no Kafka answers at {settings.kafka_url}")
    asyncio.run(preflight(parts, world))
    config = uvicorn.Config(
        parts.app,
        factory=True,
        host=host,
        port=port,
        http=PlainProblems,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=64 * 1024,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    server.run()
    if not server.started:
        raise RuntimeError("it could not be started: see the lines above")


async def preflight(parts: Any, world: Any) -> None:
    """Before anything is settled: what Kafka holds must lie in this log."""
    try:
        await parts.relay.check_tail()
    finally:
        await world.tails.close()


def require_free(host: str, port: int) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as taken:
            raise OSError(f"port {port} is taken") from taken


@app.command()
@plainly
def up(
    pack: Annotated[Path, typer.Option(help="The jurisdiction pack.")] = Path(
        "jurisdictions/binhai"
    ),
    suite: SuiteName = "",
) -> None:
    """Start a suite and keep it up."""
    from libs.statute.checking import read_sound_pack

    read_sound_pack(pack)
    ports = suites.of_environment(suites.services())
    with suites.kafka(VAR) as url:
        out.print(f"Kafka is at {url}")
        with suites.running(suite, var=VAR, pack=pack, kafka_url=url, ports=ports) as up_now:
            table = Table("service", "OpenAPI", "AsyncAPI", title="Lianban is up; Ctrl-C ends it")
            for name in ports:
                base = up_now.url(name)
                table.add_row(name, f"{base}/docs", f"{base}/asyncapi")
            out.print(table)
            assert up_now.manager is not None
            try:
                up_now.manager.wait()
            except KeyboardInterrupt:
                out.print("it ends")


@app.command()
@plainly
def token(
    role: Annotated[str, typer.Option()],
    agency: Annotated[str, typer.Option()],
    person: Annotated[str, typer.Option(help="Who acts.")] = "",
    suite: SuiteName = "",
) -> None:
    """Mint a token of the local development issuer."""
    from libs.contracts.vocabulary import Role
    from libs.events.identity import DevelopmentIssuer

    if role not in list(Role):
        raise refuse(f"there is no role {role}: {', '.join(Role)}")
    issuer = DevelopmentIssuer.from_file(VAR / (suite or "lianban") / "issuer.pem")
    actor = person or f"{agency}/{role.lower()}"
    typer.echo(issuer.token(actor=actor, role=role, agency=agency))


@topics_app.command("create")
@plainly
def create_topics(suite: SuiteName = "") -> None:
    """Make the topics of the services that are missing; an agency's is made with its contract."""
    from libs.events.kafka import make_topics
    from libs.events.service import PARTITIONS

    made = make_topics(broker_url(), suites.topics(suite), partitions=PARTITIONS)
    typer.echo("\n".join(made) or "nothing was missing")


@topics_app.command("ls")
@plainly
def list_topics(as_json: Json = False) -> None:
    """The topics there are, and where each partition ends."""
    from libs.console.admin import ends

    found = ends(broker_url())
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table("topic", "partition", "end", "last position")
    for row in found:
        table.add_row(row["topic"], str(row["partition"]), str(row["end"]), str(row["position"]))
    out.print(table)


@app.command()
@plainly
def lag(suite: SuiteName = "", as_json: Json = False) -> None:
    """How far each reaction is behind: 0 means caught up."""
    from libs.console.admin import behind
    from libs.events.service import Settings

    settings = {name: with_suite(Settings, name, suite) for name in suites.services()}
    found = behind(broker_url(), settings)
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table("reaction", "partition", "end", "watermark", "behind")
    for row in found:
        table.add_row(*(str(row[one]) for one in ("reaction", "partition", "end", "at", "behind")))
    out.print(table)


def with_suite(settings: Any, service: str, suite: str) -> Any:
    os.environ["LIANBAN_SUITE"] = suite
    return settings.from_environment(service)


def broker_url() -> str:
    from libs.events.kafka import wait_for_broker

    url = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    if not wait_for_broker(url, 5):
        raise suites.NotStarted(f"no Kafka answers at {url}")
    return url


@pack_app.command("check")
@plainly
def check_pack(folder: Path) -> None:
    """Whether a pack holds together: else file, line and reason."""
    from libs.statute.checking import check
    from libs.statute.pack import read_pack

    pack = read_pack(folder)
    faults = check(pack)
    if faults:
        raise refuse("\n".join(faults))
    counted = ", ".join(f"{len(rows)} {name}" for name, rows in pack.tables.items() if rows)
    typer.echo(f"{folder} holds together: {counted}")


@app.command()
@plainly
def rebuild(service: str, suite: SuiteName = "") -> None:
    """Tell the read models of a service everything again, beside the old ones."""
    from rich.progress import Progress

    from libs.events.rebuild import Rebuild
    from libs.events.service import Settings, World
    from libs.statute.checking import read_sound_pack

    if service not in suites.services():
        raise refuse(f"there is no service {service}: {', '.join(suites.services())}")
    settings = with_suite(Settings, service, suite)
    world = World.opened(settings)
    module = importlib.import_module(f"services.{service}.main")
    parts = module.assemble(world, read_sound_pack(settings.pack))
    parts.prepare()
    again = Rebuild(parts.settler, parts.reactions, settings.var / f"{service}.rebuild.db")
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task(service, total=again.length())
        again.fill(lambda done: progress.advance(task, done))
        again.swap()
    typer.echo(f"{len(again.tables)} tables of {service} were told everything again")


@app.command()
@plainly
def trace(
    matter: str,
    url: Annotated[str, typer.Option(help="Where oversight is.")] = "http://127.0.0.1:8103",
    suite: SuiteName = "",
    as_json: Json = False,
) -> None:
    """A matter from its first event to its last, as a tree with the time of each hop."""
    from libs.console.tracing import as_tree, fetch
    from libs.events.identity import DevelopmentIssuer

    issuer = DevelopmentIssuer.from_file(VAR / (suite or "lianban") / "issuer.pem")
    answer = fetch(url, matter, issuer.token(actor="ops", role="OPS", agency="OPS"))
    if "timeline" not in answer:
        raise refuse(str(answer.get("detail", answer)))
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        out.print(as_tree(answer))


@app.command()
@plainly
def replay(
    mapping: Path,
    file: Path,
    pack: Annotated[Path, typer.Option()] = Path("jurisdictions/boston"),
    as_json: Json = False,
) -> None:
    """Replay a city's own rows in a fresh suite; exit code 1 if anything is off."""
    from libs.console.demo import replay_rows, show
    from libs.console.mapping import Mapped
    from libs.statute.checking import read_sound_pack

    Mapped.read(mapping, file, read_sound_pack(pack))
    with suites.kafka(VAR) as url:
        found = replay_rows(mapping, file, VAR, pack, url, err if as_json else out)
    if as_json:
        typer.echo(json.dumps(found))
    else:
        show(found, out)
    if found["wrong"]:
        raise typer.Exit(1)


@app.command()
@plainly
def demo(as_json: Json = False) -> None:
    """Real rows replayed, two stories played, all of it checked; nothing is left running."""
    from libs.console.demo import forget_old, play_all, replay_rows, show

    talk = err if as_json else out
    demo_folder = ROOT / "demo"
    packs = ROOT / "jurisdictions"
    forget_old(VAR)
    with suites.kafka(VAR) as url:
        found = replay_rows(
            demo_folder / "boston311.yaml", demo_folder / "boston311.csv", VAR, packs / "boston",
            url, talk,
        )  # fmt: skip
        stories = [demo_folder / "scenarios" / name for name in ("s0.yaml", "s0b.yaml")]
        differs = play_all(stories, VAR, packs / "binhai", url, talk)
    found["stories"] = {"played": len(stories), "differ": differs}
    found["wrong"] += differs
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


@app.command()
@plainly
def forget(
    purpose: Annotated[str, typer.Option(help="Why it is erased.")],
    matter: Annotated[str, typer.Option()] = "",
    person: Annotated[str, typer.Option()] = "",
    url: Annotated[str, typer.Option(help="Where oversight is.")] = "http://127.0.0.1:8103",
    suite: SuiteName = "",
) -> None:
    """Destroy the keys of a matter or a person: what they hid is gone, and nothing else changes."""
    import httpx

    from libs.events.identity import DevelopmentIssuer

    issuer = DevelopmentIssuer.from_file(VAR / (suite or "lianban") / "issuer.pem")
    headers = {"Authorization": f"Bearer {issuer.token(actor='ops', role='OPS', agency='OPS')}"}
    body = {"matter": matter or None, "person": person or None, "purpose": purpose}
    answer = httpx.post(f"{url}/erasures", json=body, headers=headers, timeout=30)
    if answer.status_code != 200:
        raise refuse(str(answer.json().get("detail", answer.text)))
    typer.echo("\n".join(answer.json()["matters"]))


def main() -> None:
    app()


if __name__ == "__main__":
    sys.exit(app())
