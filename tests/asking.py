"""A completion says which streams its answer hangs on (`asks`), so that a turn writes what it has
of them first. Here it is watched: whatever table it reads is one of a stream that it has named."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, event

from libs.events.declaring.projections import Projection
from libs.events.process.service import Service

READ: Final = re.compile(r"\b(?:FROM|JOIN)\s+\"?(\w+)", re.IGNORECASE)
Asks = Sequence[str] | Callable[[Any, Any], Sequence[str]]


def written(service: Service) -> Mapping[str, frozenset[str]]:
    """Of which kinds of stream the events are that write a read model in the very turn."""
    kinds = {one: stream.name for stream in service.streams for one in stream.events}
    found: dict[str, set[str]] = {}
    for stream in service.streams:
        for projection in stream.projections:
            if isinstance(projection, Projection):
                for row in projection.rows:
                    some = found.setdefault(row.table.name, set())
                    some |= {kinds[one] for one in projection.reads if one in kinds}
    return {table: frozenset(some) for table, some in found.items() if some}


@contextmanager
def reading(tx: Connection) -> Iterator[set[str]]:
    tables: set[str] = set()

    def told(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        tables.update(READ.findall(statement))

    event.listen(tx, "before_cursor_execute", told)
    try:
        yield tables
    finally:
        event.remove(tx, "before_cursor_execute", told)


def watch(service: Service) -> None:
    """From now on this service breaks where a completion or an index asks more than it says."""
    tables = written(service)

    def watched(name: str, asks: Asks, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(tx: Connection, *given: Any) -> Any:
            said = asks(*given) if callable(asks) else asks
            with reading(tx) as read:
                answer = ask(tx, *given)
            for table in read & tables.keys():
                unsaid = tables[table] - set(said)
                assert not unsaid, f"{name} reads {table} and does not say so: {sorted(unsaid)}"
            return answer

        return asked

    parts = service.settler._parts
    service.settler._parts = replace(
        parts,
        completions={
            command: replace(one, complete=watched(command.__name__, one.asks, one.complete))
            for command, one in parts.completions.items()
        },
        indexes={
            name: replace(one, find=watched(name, one.asks, one.find))
            for name, one in parts.indexes.items()
        },
    )
