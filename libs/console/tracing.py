"""A matter as people read it: what led to what, and how long each hop took."""

from typing import Any

from rich.tree import Tree


def as_words(answer: dict[str, Any]) -> list[str]:
    """What is open, a line each, and what is over as a number."""
    count = len(answer["open"])
    head = f"{answer['matter']}: {count} open, {answer['over']} over, as of {answer['as_of'][:19]}Z"
    return [head, *(f"  {one}" for one in answer["words"])]


def as_tree(answer: dict[str, Any]) -> Tree:
    events = {one["id"]: one for one in answer["timeline"]}
    root = Tree(f"[bold]{answer['matter']}[/bold], {len(events)} events")

    def grow(branch: Tree, nodes: list[dict[str, Any]]) -> None:
        for node in nodes:
            grow(branch.add(line_of(events[node["event"]])), node["led_to"])

    grow(root, answer["tree"])
    return root


def line_of(event: dict[str, Any]) -> str:
    name = event["type"].split(".")[1]
    hop = f" [dim]+{event['hop_ms']:.0f} ms[/dim]" if event["hop_ms"] is not None else ""
    happened = event["happened"][:19].replace("T", " ")
    rule = f" [red]{event['rule']}[/red]" if event["rule"] else ""
    return (
        f"[cyan]{event['source']}[/cyan] {name}{rule} {happened} {event['role']}"
        f" {event['agency']}{hop}"
    )
