"""Writes what the streams of each service declare into docs/domain/: `make docs`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from libs.events.declaring.stream import Stream
from tests.declared import services

FOLDER: Final = Path(__file__).parents[1] / "docs" / "domain"
ELSEWHERE: Final = "Asked by reactions, deadlines, the pack or a handler of its own:"
MARK: Final = "\n<!-- Written by `make docs` from the declarations. -->\n"


def page(name: str) -> str:
    """The words of a page as they stand, and its tables anew."""
    words = (FOLDER / f"{name}.md").read_text("utf-8").partition(MARK)[0]
    return words.rstrip() + "\n" + MARK + "\n".join(tables(services()[name].streams)) + "\n"


def tables(streams: Iterable[Stream]) -> Iterator[str]:
    for stream in streams:
        if not stream.commands and stream.decider is None:
            continue
        yield ""
        yield f"## `{stream.name}`"
        yield ""
        if stream.commands:
            yield "| command | over HTTP | who | may be refused for, beside what any may |"
            yield "|---|---|---|---|"
        for route in stream.commands:
            who = ", ".join(sorted(map(str, route.by)))
            slugs = ", ".join(f"`{one}`" for one in sorted(route.refuses))
            yield f"| `{route.name}` | `{route.route}` | {who} | {slugs} |"
        offered = {route.command for route in stream.commands}
        inner = sorted(
            command.__name__
            for command in (stream.decider.commands if stream.decider else ())
            if command not in offered
        )
        if inner:
            if stream.commands:
                yield ""
            yield f"{ELSEWHERE} {', '.join(inner)}."
        if stream.deadlines:
            yield ""
            yield f"Deadlines: {', '.join(stream.deadlines)}."


def write() -> None:
    for name in services():
        (FOLDER / f"{name}.md").write_text(page(name), "utf-8")


if __name__ == "__main__":
    write()
