"""How much of each service is rules, and how much is said around them: `make sizes`.

Lines as they stand in the files. With a folder, another tree is counted, by the same places:
`python -m tests.sizes ../other` (its older layout too).
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
KINDS: Final = ("rules", "commands", "edge", "read models", "completion", "other")
PLACES: Final[Mapping[str, str]] = {
    "rules": "rules", "reactions": "rules", "deadlines": "rules",
    "commands": "commands",
    "questions": "edge", "routes": "edge", "pages": "edge",
    "projection": "read models",
    "completion": "completion",
}  # fmt: skip
# As it was before every stream declared itself.
BEFORE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "domain", "state", "evolving", "guards", "ledger", "document", "intake", "dispatching",
            "closing", "handing_off", "offering", "answering", "ending", "filing", "investigating",
            "hearing", "deciding", "serving", "executing", "criminal", "remedying",
        ),
        "rules",
    ),
    **dict.fromkeys(("known", "commands_execution"), "commands"),
    **dict.fromkeys(("api", "api_execution", "api_questions", "bodies", "reading"), "edge"),
    **dict.fromkeys(
        ("projection_inbox", "projection_decisions", "projection_handed", "projection_punctuality"),
        "read models",
    ),
    "completion_competence": "completion",
}  # fmt: skip


def kind_of(inside: tuple[str, ...]) -> str:
    """By the place in the stream's folder: a file, or the folder it lies in."""
    if len(inside) < 2:
        return "other"
    place = inside[1].removesuffix(".py")
    return PLACES.get(place) or BEFORE.get(place) or "other"


def files(root: Path) -> Iterator[tuple[str, str, int]]:
    """Of each file its service, what it is, and how many lines."""
    for path in sorted((root / "services").rglob("*.py")):
        service, *inside = path.relative_to(root / "services").parts
        if inside:
            yield service, kind_of(tuple(inside)), len(path.read_text("utf-8").splitlines())


def sizes(root: Path) -> dict[str, Counter[str]]:
    counted: dict[str, Counter[str]] = {}
    for service, kind, lines in files(root):
        counted.setdefault(service, Counter())[kind] += lines
    return counted


def table(counted: Mapping[str, Counter[str]]) -> Iterator[str]:
    yield f"{'':14}" + "".join(f"{kind:>13}" for kind in KINDS) + f"{'not rules':>13}"
    whole: Counter[str] = Counter()
    for service, some in counted.items():
        yield row(service, some)
        whole += some
    yield row("all", whole)


def row(name: str, some: Counter[str]) -> str:
    rest = some.total() - some["rules"]
    return f"{name:14}" + "".join(f"{some[kind]:>13,}" for kind in KINDS) + f"{rest:>13,}"


if __name__ == "__main__":
    words = [one for one in sys.argv[1:] if one != "--json"]
    found = sizes(Path(words[0]).resolve() if words else ROOT)
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        sys.stdout.write("\n".join(table(found)) + "\n")
