"""What every command of `lianban` stands on: the application, and how a refusal is told."""

import os
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console

from libs.console import suite as suites

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console()
err = Console(stderr=True)

VAR = Path(os.environ.get("LIANBAN_VAR", "var"))
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


def named(suite: str) -> str:
    """A name is a folder below `var` and a prefix of topics."""
    if suite and NAME.fullmatch(suite) is None:
        raise typer.BadParameter(f"{suite!r}: small letters, digits and hyphens, at most 41")
    return suite


def there(suite: str) -> str:
    """Where Kafka is named, the suite may run elsewhere."""
    elsewhere = "KAFKA_BOOTSTRAP_SERVERS" in os.environ
    if named(suite) and not elsewhere and not (VAR / suite).is_dir():
        raise typer.BadParameter(f"there is no suite {suite} below {VAR}")
    return suite


SuiteName = Annotated[str, typer.Option("--suite", help="The name of the suite.", callback=named)]
# Of a suite that was started at some time.
KnownSuite = Annotated[str, typer.Option("--suite", help="The name of the suite.", callback=there)]


def refuse(message: str) -> typer.Exit:
    """One plain line, and exit code 2."""
    err.print(message, markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(2)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """What a user can mend is told in one line."""

    @wraps(command)
    def told(*given: P.args, **named: P.kwargs) -> R:
        try:
            return command(*given, **named)
        except suites.NotStarted as problem:
            raise refuse(str(problem)) from None
        except (typer.Exit, typer.Abort, KeyboardInterrupt):
            raise
        except Exception as problem:
            off, mended = of_users()
            if isinstance(problem, off):
                err.print(str(problem), markup=False, highlight=False, soft_wrap=True)
                raise typer.Exit(1) from None
            if isinstance(problem, mended):
                raise refuse(line_of(problem)) from None
            raise

    return told


def of_users() -> tuple[tuple[type[Exception], ...], tuple[type[Exception], ...]]:
    """What a run has found to be off, and what a user can mend. Only a failure imports them."""
    from aiokafka.errors import KafkaError as AioKafkaError
    from kafka.errors import KafkaError
    from sqlalchemy.exc import SQLAlchemyError
    from yaml import YAMLError

    from libs.console.acts import Unexpected
    from libs.console.client import NotQuiet
    from libs.events.kafka.tails import NoTopic
    from libs.events.releases.recovery import Refusal
    from libs.events.store.databases import Unusable
    from libs.events.system.private_files import BadMasterKey
    from libs.events.system.settings import Unsuitable
    from libs.statute.pack import Unsound

    elsewhere = (OSError, SQLAlchemyError, KafkaError, AioKafkaError, YAMLError)
    mended = (Unsound, Unusable, Unsuitable, BadMasterKey, Refusal, NoTopic, *elsewhere)
    return (Unexpected, NotQuiet), mended


def line_of(problem: Exception) -> str:
    """What happened, without the statement or the place in a file that it happened at."""
    cause = getattr(problem, "orig", None) or problem
    return " ".join(str(cause).split("\n[SQL", 1)[0].split()) or type(problem).__name__
