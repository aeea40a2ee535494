"""The figures of a run, written into a document where it says which: between `<!-- bench:relay -->`
and `<!-- /bench -->`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

PLACE: Final = re.compile(r"(<!-- bench:(?P<name>\w+) -->\n).*?(<!-- /bench -->)", re.DOTALL)


def write_into(document: Path, told: Mapping[str, Any]) -> list[str]:
    """Which of the benches in this run the document had a place for."""
    written: list[str] = []

    def table(place: re.Match[str]) -> str:
        name = place["name"]
        if name not in told:
            return place[0]
        written.append(name)
        return f"{place[1]}{markdown(told[name])}\n{place[3]}"

    text = PLACE.sub(table, document.read_text("utf-8"))
    document.write_text(text, "utf-8")
    return written


def markdown(found: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> str:
    """Contenders beside each other; sizes in columns; or a line each."""
    if not isinstance(found, Mapping):
        return beside(found)
    lines = {what: value for what, value in found.items() if not isinstance(value, list)}
    by_size = {tuple(what.rsplit(", ", 1)): value for what, value in lines.items()}
    sizes = list(dict.fromkeys(key[-1] for key in by_size))
    if all(size.replace(",", "").isdigit() for size in sizes):
        head = row(["", *sizes], under=len(sizes) + 1)
        names = dict.fromkeys(key[0] for key in by_size)
        return "\n".join(
            [head, *(row([one, *(said(by_size.get((one, n))) for n in sizes)]) for one in names)]
        )
    return "\n".join([row(["", ""], under=2), *(row([k, said(v)]) for k, v in lines.items())])


def beside(contenders: Sequence[Mapping[str, Any]]) -> str:
    head = row(["", "ratio", "median a second", "least and most"], under=4)
    return "\n".join([
        head,
        *(
            row([
                one["name"], f"{one['ratio']:.2f}", f"{one['median']:,.0f}",
                f"{one['least']:,.0f} – {one['most']:,.0f}",
            ])
            for one in contenders
        ),
    ])  # fmt: skip


def row(cells: Sequence[str], *, under: int = 0) -> str:
    line = f"| {' | '.join(cells)} |"
    return f"{line}\n|{'---|' * under}" if under else line


def said(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if isinstance(value, float) and value >= 1_000 else f"{value:,}"
