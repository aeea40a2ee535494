"""`python -m tests.bench.serving DATABASE PORT`: the grid behind its HTTP edge, nobody around it.

No relay, no listener, no Kafka: what a report costs where it is taken. It prints a token when the
service is ready, and ends with its standard input.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from fastapi import FastAPI

from libs.console.protocol import PlainProblems
from libs.contracts.vocabulary import Role
from libs.events.system.gc_tuning import collect_seldom
from tests.bench.ground import grid_on
from tests.conftest import acting


@asynccontextmanager
async def ready(app: FastAPI) -> AsyncIterator[None]:
    print(acting("seat", Role.HOTLINE_SEAT)["Authorization"], flush=True)
    yield


def until_told() -> None:
    sys.stdin.read()
    os._exit(0)


def main(database: str, port: int) -> None:
    with TemporaryDirectory() as folder, grid_on(database, Path(folder)) as service:
        app = service.app()
        app.router.lifespan_context = ready
        collect_seldom()
        Thread(target=until_told, daemon=True).start()
        uvicorn.run(
            app, host="127.0.0.1", port=port, http=PlainProblems, log_level="warning",
            access_log=False,
        )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
