"""Nothing blocks an event loop: who waits for a database, a file, a document or a cipher does so
elsewhere, and the other callers go on.

How long a call kept the loop is counted in seconds of its own thread on a processor, which a busy
machine does not lengthen; a question to a database in that thread is found whatever it took.
"""

import asyncio
import gc
import traceback
from asyncio.events import Handle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import thread_time
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event

from tests.enforcement.visiting import HEAD, OFFICER, digest, visiting

LONGEST: Final = 0.05
# Of each page, and of each file, so many at once.
AT_ONCE: Final = 20
MEGABYTE: Final = 1024 * 1024


class Watch:
    def __init__(self) -> None:
        self.long: list[str] = []
        self.asked: list[str] = []


def named(handle: Any) -> str:
    task = getattr(handle._callback, "__self__", None)
    coroutine = task.get_coro() if isinstance(task, asyncio.Task) else handle._callback
    return repr(coroutine)[:300]


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Calls of a loop that took too long, and what was asked of a database by a handler in it."""
    found = Watch()
    run = Handle._run

    def timed(handle: Any) -> None:
        began = thread_time()
        run(handle)
        if (took := thread_time() - began) > LONGEST and "under_load" not in named(handle):
            found.long.append(f"{took * 1000:.0f} ms: {named(handle)}")

    def asking(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if asyncio._get_running_loop() is None:
            return
        frames = traceback.extract_stack()
        if any("starlette" in frame.filename for frame in frames):
            found.asked.append(f"{statement[:80]} in {frames[-20].name}")

    # As a service does when it has started: what stands is not looked through again and again.
    gc.collect()
    gc.freeze()
    monkeypatch.setattr(Handle, "_run", timed)
    event.listen(Engine, "before_cursor_execute", asking)
    try:
        yield found
    finally:
        gc.unfreeze()
        event.remove(Engine, "before_cursor_execute", asking)


def test_no_call_keeps_the_loop_and_none_asks_a_database_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visiting(tmp_path, "s3.yaml") as visit:
        client = visit.here.client
        known = client.headers(*HEAD)
        pages = {
            name: visit.run(client.http.get(f"{client.suite.url(name)}/openapi.json")).json()
            for name in client.suite.ports
        }
        case = visit.names["C1"]
        gets = [
            f"{client.suite.url(name)}{path}"
            for name, page in pages.items()
            for path, methods in page["paths"].items()
            if "get" in methods and "{" not in path
        ]
        enforcement = client.suite.url("enforcement")
        gets += [f"{enforcement}/cases/{case}", f"{enforcement}/cases/{case}/decision/masked"]

        async def put(number: int) -> Any:
            content = bytes([number]) * MEGABYTE
            headers = client.headers(*OFFICER) | {"content-type": "application/octet-stream"}
            url = f"{enforcement}/files/{digest(content)}"
            return await client.http.put(url, content=content, headers=headers)

        async def under_load(name: str) -> list[Any]:
            """A service at a time: what the test itself holds is the same for any number."""
            here = [url for url in gets if url.startswith(client.suite.url(name))]
            asking = [client.http.get(url, headers=known) for url in here for _ in range(AT_ONCE)]
            files = map(put, range(AT_ONCE)) if name == "enforcement" else ()
            tasks = []
            for one in (*asking, *files):
                tasks.append(asyncio.create_task(one))
                await asyncio.sleep(0)  # in debug mode each of them is told where it was made
            return await asyncio.gather(*tasks)

        visit.loop.set_debug(True)
        with watched(monkeypatch) as found:
            answers = [one for name in client.suite.ports for one in visit.run(under_load(name))]
        visit.loop.set_debug(False)
    statuses = {answer.status_code for answer in answers}
    assert len(answers) > 20 * AT_ONCE
    assert 200 in statuses
    assert not [answer for answer in answers if answer.status_code >= 500]
    assert found.asked == []
    assert found.long == []


def test_a_call_that_keeps_the_loop_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow() -> None:
        began = thread_time()
        while thread_time() - began < 2 * LONGEST:
            pass

    with watched(monkeypatch) as found:
        asyncio.run(slow())
    assert len(found.long) == 1
