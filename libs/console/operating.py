"""`lianban topics`, `lag`, `rebuild`, `republish`, `recover`, `trace`, `explain`, `forget`."""

import asyncio
import importlib
import json
import os
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from libs.console import suite as suites
from libs.console.app import VAR, Json, KnownSuite, SuiteName, app, err, out, plainly, refuse
from libs.console.speaking import Url, asked
from libs.console.tracing import as_tree, as_words

topics_app = typer.Typer(no_args_is_help=True, help="The topics of a suite.")
app.add_typer(topics_app, name="topics")


@topics_app.command("create")
@plainly
def create_topics(suite: SuiteName = "") -> None:
    """Make the topics of the services that are missing; an agency's is made with its contract."""
    from libs.events.kafka.topics import make_topics

    made = make_topics(broker_url(suite), suites.topics(suite))
    typer.echo("\n".join(made) or "nothing was missing")


@topics_app.command("check")
@plainly
def check_topics(suite: KnownSuite = "", as_json: Json = False) -> None:
    """Where topics are not as they have to be, and what mends it; else nothing, and 0."""
    from libs.events.kafka.topics import differences

    found = differences(broker_url(suite), counted(suite))
    if as_json:
        typer.echo(json.dumps([vars(one) for one in found]))
    for one in found if not as_json else ():
        typer.echo(str(one))
    if found:
        raise typer.Exit(1)


def counted(suite: str) -> dict[str, int | None]:
    """The topics of the services, and how many partitions the log of each counts."""
    from sqlalchemy import inspect

    from libs.events.kafka.partitions import stored_spread
    from libs.events.kafka.relay import RELAY
    from libs.events.store.databases import open_engine
    from libs.events.store.tables import checkpoints
    from libs.events.system.settings import Settings

    found: dict[str, int | None] = {}
    for service, topic in zip(suites.services(), suites.topics(suite), strict=True):
        engine = open_engine(with_suite(Settings, service, suite).database_url)
        try:
            with engine.connect() as tx:
                begun = inspect(tx).has_table(checkpoints.name)
                spread = stored_spread(tx, RELAY, topic) if begun else None
        finally:
            engine.dispose()
        found[topic] = spread.count if spread else None
    return found


@topics_app.command("mend")
@plainly
def mend(suite: SuiteName = "") -> None:
    """Set what differs: retention, cleanup, sizes, copies. Takes nothing away."""
    from libs.events.kafka.topics import mend_topics

    done = mend_topics(broker_url(suite), suites.topics(suite))
    typer.echo("\n".join(done) or "nothing differs")


@topics_app.command("grow")
@plainly
def grow(
    partitions: Annotated[int, typer.Option(min=1, max=10_000, help="How many there are then.")],
    service: Annotated[str, typer.Argument(help="Of this one; without it, of all.")] = "",
    suite: KnownSuite = "",
) -> None:
    """Give topics more partitions, or adopt those they were given; the suite may go on meanwhile.

    Streams that begin from then on are spread over all of them; those that have begun stay where
    they are, so that each is read in order.
    """
    from libs.events.releases.growing import grow

    if service and service not in suites.services():
        raise refuse(f"there is no service {service}: {', '.join(suites.services())}")
    url = broker_url(suite)
    every = [opened(one, suite)[0] for one in ([service] if service else suites.services())]
    logs = {one.relay.topic: one.settler.log for one in every}
    with bar() as progress:
        task = progress.add_task("until everybody knows them", total=None)
        for line in grow(url, logs, partitions, lambda done: progress.advance(task, done)):
            typer.echo(line)


@topics_app.command("ls")
@plainly
def list_topics(suite: SuiteName = "", as_json: Json = False) -> None:
    """The topics there are, and where each partition ends."""
    from libs.console.admin import ends

    found = [row for row in ends(broker_url(suite)) if row["topic"].startswith(suite)]
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table("topic", "partition", "end", "last position")
    for row in found:
        table.add_row(row["topic"], str(row["partition"]), str(row["end"]), str(row["position"]))
    out.print(table)


@app.command()
@plainly
def lag(suite: KnownSuite = "", as_json: Json = False) -> None:
    """How far each reaction is behind: 0 means caught up."""
    from libs.console.admin import behind
    from libs.events.system.settings import Settings

    settings = {name: with_suite(Settings, name, suite) for name in suites.services()}
    found = behind(broker_url(suite), settings)
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table("reaction", "partition", "end", "watermark", "behind", "seconds")
    for row in found:
        columns = ("reaction", "partition", "end", "at", "behind", "seconds")
        table.add_row(*(str(row[one]) for one in columns))
    out.print(table)


def with_suite(settings: Any, service: str, suite: str) -> Any:
    os.environ["LIANBAN_SUITE"] = suite
    return settings.from_environment(service)


def broker_url(suite: str) -> str:
    from libs.events.kafka.topics import wait_for_broker

    url = suites.kafka_of(VAR / (suite or "lianban"))
    if not wait_for_broker(url, 5):
        raise suites.NotStarted(f"no Kafka answers at {url}")
    return url


@app.command()
@plainly
def rebuild(
    service: str,
    suite: KnownSuite = "",
    anew: Annotated[
        bool, typer.Option("--anew", help="Not where an earlier one was broken off.")
    ] = False,
) -> None:
    """Tell the read models of a service everything again, beside the old ones."""
    from libs.events.releases.rebuild import Rebuild

    parts, settings = opened(service, suite, filled=False)
    scratch = settings.var / f"{service}.rebuild.db"
    if anew:
        Rebuild(parts.settler, parts.reactions, scratch).discard()
    again = Rebuild(parts.settler, parts.reactions, scratch)
    with bar() as progress:
        task = progress.add_task(service, total=again.length())
        again.fill(lambda done: progress.advance(task, done))
        again.swap()
    names = ", ".join(table.name for table in again.tables)
    typer.echo(f"{len(again.tables)} tables of {service} were told everything again: {names}")


@app.command()
@plainly
def republish(service: str, suite: KnownSuite = "") -> None:
    """Make the topic of a service anew and tell it the whole log; the suite may go on meanwhile."""
    from libs.events.kafka.topics import renew_topic
    from libs.events.releases.recovery import republish

    parts, _ = opened(service, suite)
    url = broker_url(suite)

    async def told(advance: Callable[[int], None]) -> int:
        producer = parts.world.producers(parts.name)
        renew = partial(renew_topic, url)
        try:
            return await republish(parts.settler.log, parts.relay, renew, producer, advance)
        finally:
            await parts.world.tails.close()

    with bar() as progress:
        task = progress.add_task(service, total=parts.state()["log"])
        number = asyncio.run(told(lambda done: progress.advance(task, done)))
    typer.echo(f"{number} events of {service} were told again on {parts.relay.topic}")


@app.command()
@plainly
def recover(service: str, suite: KnownSuite = "") -> None:
    """Take back from Kafka what the log of a service lacks: it was restored from a backup."""
    parts, _ = opened(service, suite)
    broker_url(suite)
    with bar() as progress:
        task = progress.add_task(service, total=None)
        number = asyncio.run(taken_back(parts, partial(progress.advance, task)))
    typer.echo(f"{number} events of {service} were taken back from {parts.relay.topic}")


async def taken_back(parts: Any, advance: Callable[[int], None]) -> int:
    from libs.events.releases.recovery import recover

    tails = parts.world.tails
    try:
        return await recover(parts.settler, parts.relay.topic, tails, tails.told, advance)
    finally:
        await tails.close()


def bar() -> Progress:
    return Progress(console=err, transient=True, disable=not err.is_terminal)


def opened(service: str, suite: str, *, filled: bool = True) -> tuple[Any, Any]:
    """The parts of a service on its own database, and its settings; nothing of it runs."""
    from libs.events.process.world import World
    from libs.events.system.settings import Settings
    from libs.statute.checking import read_sound_pack

    if service not in suites.services():
        raise refuse(f"there is no service {service}: {', '.join(suites.services())}")
    settings = with_suite(Settings, service, suite)
    world = World.opened(settings)
    module = importlib.import_module(f"services.{service}.main")
    parts = module.assemble(world, read_sound_pack(settings.pack))
    parts.prepare(filled=filled)
    return parts, settings


@app.command()
@plainly
def trace(matter: str, url: Url = "", suite: KnownSuite = "", as_json: Json = False) -> None:
    """A matter from its first event to its last, as a tree with the time of each hop."""
    found = asked("oversight", f"/matters/{matter}", url, suite)
    if as_json:
        typer.echo(json.dumps(found))
        return
    now = asked("oversight", f"/matters/{matter}/explain", url, suite)
    for line in as_words(now):
        out.print(line, markup=False, highlight=False)
    out.print(as_tree(found))


@app.command()
@plainly
def explain(
    matter: str,
    on: Annotated[str, typer.Argument(help="As it stood at the end of this day: YYYY-MM-DD.")] = "",
    url: Url = "",
    suite: KnownSuite = "",
    as_json: Json = False,
) -> None:
    """What is open in a matter, who has it, until when, and why that is the date."""
    asking = f"?on={day_of(on)}" if on else ""
    found = asked("oversight", f"/matters/{matter}/explain{asking}", url, suite)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for line in as_words(found):
        out.print(line, markup=False, highlight=False)


def day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refuse(f"{text} is no day: YYYY-MM-DD") from None


@app.command()
@plainly
def forget(
    purpose: Annotated[str, typer.Option(help="Why it is erased.")],
    matter: Annotated[str, typer.Option()] = "",
    person: Annotated[str, typer.Option()] = "",
    url: Url = "",
    suite: KnownSuite = "",
) -> None:
    """Destroy the keys of a matter or a person: what they hid is gone, and nothing else changes."""
    body = {"matter": matter or None, "person": person or None, "purpose": purpose}
    typer.echo("\n".join(asked("oversight", "/erasures", url, suite, body)["matters"]))
