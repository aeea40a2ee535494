"""What readers of an event rely on, and whether it still holds: an event that was published once
stays readable for ever, by whoever wrote a reader for it then.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from libs.events.core.kernel import Event

Schema = Mapping[str, Any]

# What a schema says for people, and what a reader of an old record never needs.
SAID: Final = {"title", "description", "examples", "$defs"}
KEYED: Final = "x-keyed-by"


def broken(before: Schema, now: Schema) -> list[str]:
    """How a schema fails those who rely on what it was before, each with the field it is about."""
    wrong = [*differing(whole(before), whole(now), "")]
    if before.get(KEYED) != now.get(KEYED):
        wrong.append(f"the key of its personal values is of the {now.get(KEYED)} by now,"
                     f" and was of the {before.get(KEYED)}")  # fmt: skip
    return wrong


def differing(before: Any, now: Any, field: str) -> Iterator[str]:
    if not isinstance(before, dict) or not isinstance(now, dict):
        if before != now:
            yield f"{field} was {shown(before)}, and is {shown(now)}"
        return
    if "properties" in before and "properties" in now:
        yield from fields_differing(before, now, field)
        return
    for key in sorted(before.keys() | now.keys()):
        if key == "enum":
            # A value may be added: who does not know it parks the record until it does.
            if gone := [one for one in before.get(key, ()) if one not in now.get(key, ())]:
                yield f"{field} can be {', '.join(map(str, gone))} no more"
        elif key == "anyOf" and key in before and key in now:
            yield from choices_differing(before[key], now[key], field)
        elif before.get(key) != now.get(key):
            yield from differing(before.get(key), now.get(key), field)


def fields_differing(before: Schema, now: Schema, field: str) -> Iterator[str]:
    required = set(now.get("required", ()))
    for name, was in before["properties"].items():
        path = f"{field}.{name}" if field else name
        if name not in now["properties"]:
            yield f"{path} is gone"
            continue
        yield from differing(was, now["properties"][name], path)
        if name in required - set(before.get("required", ())):
            yield f"{path} is required by now, and records without it were published"
    for name in now["properties"].keys() - before["properties"].keys():
        if name in required:
            yield f"{f'{field}.{name}' if field else name} is new and not optional"


def choices_differing(before: list[Any], now: list[Any], field: str) -> Iterator[str]:
    """Each of what it could be has to be among what it can be."""
    if len(before) == len(now):
        for was, one in zip(before, now, strict=True):
            yield from differing(was, one, field)
        return
    for was in before:
        if not any(not [*differing(was, one, field)] for one in now):
            yield f"{field} was {shown(was)} among others, and is no more"


def whole(schema: Schema) -> Any:
    """With every named part put in its place, and without what is said for people."""

    def resolved(one: Any, inside: tuple[str, ...]) -> Any:
        if isinstance(one, list):
            return [resolved(part, inside) for part in one]
        if not isinstance(one, dict):
            return one
        if "$ref" in one:
            name = one["$ref"].rpartition("/")[2]
            if name in inside:
                return {"again": name}
            return resolved(schema["$defs"][name], (*inside, name))
        return {
            key: {name: resolved(part, inside) for name, part in value.items()}
            if key == "properties"
            else resolved(value, inside)
            for key, value in one.items()
            if key not in SAID
        }

    return resolved(dict(schema), ())


def shown(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    if "type" in part:
        return str(part["type"]) + (f" ({part['format']})" if "format" in part else "")
    return " or ".join(shown(one) for one in part.get("anyOf", ())) or "anything"


def without_upcast(known: Mapping[str, type[Event]]) -> list[str]:
    """The versions that a newer one has followed, and that nobody turns into it."""
    versions: dict[str, list[tuple[int, type[Event]]]] = {}
    for name, event in known.items():
        base, _, number = name.rpartition(".v")
        versions.setdefault(base, []).append((int(number), event))
    return [
        f"{event.event_type} has no upcast to the version after it"
        for some in versions.values()
        for number, event in some
        if number < max(one for one, _ in some) and event.upcast is Event.upcast
    ]
