"""Writes docs/choreography.md from the declarations: `make docs`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from libs.events.declaring.choreography import links, picture, table, whole
from tests.declared import services

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "choreography.md"
HEAD: Final = (
    "Which event leads to which command, in whichever service. Written by `make docs` from the",
    "declarations of the streams; a test compares it with them. What a service only remembers,",
    "without asking anything, stands at the end of its section.",
)
DECLARED: Final = links(
    {
        name: {one.name: one.reactions for one in service.streams if one.reactions is not None}
        for name, service in services().items()
    }
)


def document() -> str:
    return "\n".join(lines()) + "\n"


def lines() -> Iterator[str]:
    yield "# Choreography"
    yield ""
    yield from HEAD
    yield ""
    yield from mermaid(whole(DECLARED))
    for name, service in services().items():
        ours = [one for one in DECLARED if one.service == name]
        yield ""
        yield f"## What {name} does when others speak, and when its own streams do"
        yield ""
        if ours:
            yield from mermaid(picture(ours))
            yield ""
            yield from table(ours)
        for stream in service.streams:
            for checkpoint, one in stream.heard(name).items():
                if checkpoint in stream.remembers:
                    yield ""
                    yield f"Remembered as `{checkpoint}`: {', '.join(sorted(one.to))}."


def mermaid(some: Iterator[str]) -> Iterator[str]:
    yield "```mermaid"
    yield from some
    yield "```"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
