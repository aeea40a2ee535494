"""Which event leads to which command, as the reactions declare it: a table, and a picture."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from libs.events.core.kernel import Record
from libs.events.core.reactions import Reactions


class Link(Record):
    """One event type, and one command that may follow from it in a service."""

    event: str
    when: str
    service: str
    stream: str
    command: str
    reaction: str

    @property
    def source(self) -> str:
        return self.event.partition(".")[0]


def links(services: Mapping[str, Mapping[str, Reactions[Any]]]) -> list[Link]:
    """By service and stream."""
    return sorted(
        (
            Link(
                event=f"{source}.{kind.__name__}",
                when=(one.when.__doc__ or one.when.__name__) if one.when else "",
                service=service,
                stream=stream,
                command=command.__name__,
                reaction=one.name,
            )
            for service, streams in services.items()
            for stream, reactions in streams.items()
            for one in reactions.all
            for kind in one.hears
            for source in (kind.event_type.partition(".")[0],)
            for command in one.asks
        ),
        key=lambda link: (link.source, link.event, link.service, link.stream, link.command),
    )


def table(some: Sequence[Link]) -> Iterator[str]:
    yield "| event | when | service | command | reaction |"
    yield "|---|---|---|---|---|"
    for one in some:
        asked, by = f"`{one.service}.{one.command}`", f"{one.stream}.{one.reaction}"
        yield f"| `{one.event}` | {one.when} | {one.service} | {asked} | {by} |"


def picture(some: Sequence[Link]) -> Iterator[str]:
    yield "flowchart LR"
    yield from dict.fromkeys(
        f"  {one.source}([{one.source}]) -- {one.event.partition('.')[2]} --> "
        f"{one.service}_{one.stream}[{one.service}/{one.stream}]"
        for one in some
    )


def whole(some: Sequence[Link]) -> Iterator[str]:
    """Between services: how many kinds of event one consumes of another, one arrow each."""
    yield "flowchart LR"
    counted = Counter((one.source, one.service, one.event) for one in some)
    pairs = Counter((source, service) for source, service, _ in counted)
    for (source, service), count in sorted(pairs.items()):
        kinds = "1 event" if count == 1 else f"{count} events"
        yield f"  {source} -- {kinds} --> {service}"
