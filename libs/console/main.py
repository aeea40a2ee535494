"""The `lianban` command."""

import asyncio
import importlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from libs.console import broker, drawing, operating, parked, playing  # each adds its commands
from libs.console import suite as suites
from libs.console.app import VAR, KnownSuite, SuiteName, app, out, plainly, refuse

__all__ = ["drawing", "operating", "parked", "playing"]

# Seconds that an idle connection is kept: longer than any client keeps it, so that no client writes
# into one that is just being closed here (aiohttp keeps them 15, httpx 5, nginx 60).
KEPT = 75

pack_app = typer.Typer(no_args_is_help=True, help="Jurisdiction packs.")
app.add_typer(pack_app, name="pack")


@app.command()
def run(service: str) -> None:
    """Run one service until it is told to stop."""
    if service not in suites.services():
        raise refuse(f"there is no service {service}: {', '.join(suites.services())}")
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"),
        format=f"{service} %(levelname)s %(message)s",
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

    from libs.console.ending import EndingServer
    from libs.console.protocol import PlainProblems
    from libs.events.kafka.topics import wait_for_broker
    from libs.events.process.world import World
    from libs.events.system import telemetry
    from libs.events.system.gc_tuning import collect_seldom
    from libs.events.system.settings import Settings
    from libs.statute.checking import read_sound_pack

    settings = Settings.from_environment(service)
    port = int(os.environ.get(f"LIANBAN_PORT_{service.upper()}", "8100"))
    host = os.environ.get("LIANBAN_HOST", "127.0.0.1")
    require_free(host, port)
    pack = read_sound_pack(settings.pack)
    telemetry.start(service)
    world = World.opened(settings)
    parts = importlib.import_module(f"services.{service}.main").assemble(world, pack)
    parts.prepare()
    if not wait_for_broker(settings.kafka_url, float(os.environ.get("KAFKA_WAIT", "30"))):
        raise ConnectionError(f"no Kafka answers at {settings.kafka_url}")
    asyncio.run(preflight(parts, world))
    config = uvicorn.Config(
        parts.app(),
        host=host,
        port=port,
        http=PlainProblems,
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=KEPT,
        h11_max_incomplete_event_size=64 * 1024,
        lifespan="on",
    )
    server = EndingServer(config)
    collect_seldom()
    server.run()
    if not server.started:
        raise RuntimeError("it could not be started: see the lines above")


async def preflight(parts: Any, world: Any) -> None:
    """Before anything is settled: the topic is as it has to be, and lies in this log."""
    try:
        await parts.require_topic()
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
    # Whoever asks it to end, by a key or by a signal: nothing is left running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    usual = suites.usual_ports(suites.services())
    ports = {name: broker.free_or_else(port) for name, port in usual.items()}
    with suites.a_broker(VAR, port=suites.KAFKA_PORT) as kafka:
        for name, port in ports.items():
            if port != usual[name]:
                out.print(f"port {usual[name]} is taken: {name} is at {port}")
        out.print(f"Kafka is at {kafka.url}")
        with suites.running(suite, var=VAR, pack=pack, kafka_url=kafka.url, ports=ports) as up_now:
            table = Table("service", "OpenAPI", "AsyncAPI", title="Lianban is up; Ctrl-C ends it")
            for name in ports:
                base = up_now.url(name)
                table.add_row(name, f"{base}/docs", f"{base}/asyncapi")
            out.print(table)
            try:
                up_now.wait(kafka.alive)
            except KeyboardInterrupt:
                out.print("it ends")


@app.command()
@plainly
def token(
    role: Annotated[str, typer.Option()],
    agency: Annotated[str, typer.Option()],
    person: Annotated[str, typer.Option(help="Who acts.")] = "",
    party: Annotated[str, typer.Option(help="The number of a party that acts for itself.")] = "",
    suite: KnownSuite = "",
) -> None:
    """Mint a token of the local development issuer."""
    from libs.contracts.vocabulary import Role
    from libs.events.http.identity import DevelopmentIssuer

    if role not in list(Role):
        raise refuse(f"there is no role {role}: {', '.join(Role)}")
    folder = VAR / (suite or "lianban")
    issuer = DevelopmentIssuer.from_file(folder / "issuer.pem")
    actor = person or f"{agency}/{role.lower()}"
    if party:
        actor = suites.Suite(suite, folder, "", {}).actor(f"{suites.PARTY}{party}")
    typer.echo(issuer.token(actor=actor, role=role, agency=agency))


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


def main() -> None:
    app()


if __name__ == "__main__":
    sys.exit(app())
