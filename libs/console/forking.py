"""Services of a suite, each a process forked from one that has imported all of them.

From nothing, a service spends two of its three seconds of CPU on imports, the same in every one of
them. multiprocessing's fork server does that once for all suites that one process starts.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing import connection, reduction
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Thread
from typing import IO, Any

import typer

from libs.console.broker import ROOT

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["libs.console.warm"])


class Held:
    """An open file that goes with a process, as long as that lives: its lock goes with it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.number = file.fileno()

    def __reduce__(self) -> tuple[Any, ...]:
        return reopened, (reduction.DupFd(self.number),)


def reopened(number: Any) -> IO[bytes]:
    return os.fdopen(number.detach(), "ab")


def started(
    service: str, environment: Mapping[str, str], log: Path, held: IO[bytes] | None = None
) -> ForkServerProcess:
    """`lianban run SERVICE` as a process in a session of its own. It ends when this process does,
    however that ends; and when what is returned is forgotten."""
    lock = None if held is None else Held(held)
    one = FORKS.Process(target=serve, args=(service, dict(environment), str(log), lock))
    one.start()
    return one


def serve(service: str, environment: Mapping[str, str], log: str, held: IO[bytes] | None) -> None:
    from libs.console.main import run

    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    Thread(target=end_with_parent, daemon=True).start()
    try:
        run(service)
    except typer.Exit as refused:
        sys.exit(refused.exit_code)


def end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a forked service watches whoever started it"
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
