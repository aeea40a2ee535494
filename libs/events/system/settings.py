"""All that the environment says to a service."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

# A topic has so many from the first, unless the environment says another number.
PARTITIONS: Final = 3
# As many copies as brokers, up to these; and with these, so many of them have what is written.
COPIES, IN_SYNC = 3, 2


class Unsuitable(ValueError):
    """What the environment says cannot be meant, in one line."""


def whole(name: str) -> int | None:
    """A number of the environment, at least 1; nothing where none stands there."""
    text = os.environ.get(name)
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise Unsuitable(f"{name} is {text}, and has to be a whole number from 1 on")
    return int(text)


@dataclass(frozen=True)
class Topics:
    """How topics are made. What is not said follows from the number of brokers: a broker that is
    away when topics are made does not count, so a cluster says it."""

    partitions: int = PARTITIONS
    replication: int | None = None
    in_sync: int | None = None

    @classmethod
    def from_environment(cls) -> Self:
        """Raises `Unsuitable`."""
        replication = whole("LIANBAN_REPLICATION_FACTOR")
        in_sync = whole("LIANBAN_MIN_INSYNC_REPLICAS")
        if replication is not None and in_sync is not None and in_sync > replication:
            raise Unsuitable(
                f"LIANBAN_MIN_INSYNC_REPLICAS is {in_sync}, more than the {replication} of"
                " LIANBAN_REPLICATION_FACTOR: nothing could be published"
            )
        return cls(whole("LIANBAN_PARTITIONS") or PARTITIONS, replication, in_sync)

    def copies(self, brokers: int) -> tuple[int, int]:
        """The replication factor, and `min.insync.replicas`: one broker of three may be away."""
        replication = self.replication or min(COPIES, brokers)
        least = IN_SYNC if replication >= COPIES else 1
        return replication, min(self.in_sync or least, replication)


@dataclass(frozen=True)
class Settings:
    """All that the environment says, read once."""

    suite: str
    var: Path
    pack: Path
    kafka_url: str
    database_url: str
    keys_url: str
    oidc_issuer: str | None
    moved_clock: bool
    files_url: str
    lingers: bool
    topics: Topics = Topics()

    @classmethod
    def from_environment(cls, service: str) -> Self:
        suite = os.environ.get("LIANBAN_SUITE", "")
        var = Path(os.environ.get("LIANBAN_VAR", "var")) / (suite or "lianban")
        return cls(
            suite=suite,
            var=var,
            pack=Path(os.environ.get("LIANBAN_PACK", "jurisdictions/binhai")),
            kafka_url=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
            database_url=os.environ.get(
                f"DATABASE_URL_{service.upper()}", f"sqlite:///{var}/{service}.db"
            ),
            keys_url=os.environ.get("DATABASE_URL_KEYS", f"sqlite:///{var}/keys.db"),
            oidc_issuer=os.environ.get("OIDC_ISSUER") or None,
            moved_clock=(var / "clock").exists(),
            files_url=os.environ.get("LIANBAN_FILES", f"file://{var.resolve()}/files"),
            lingers=os.environ.get("LIANBAN_LINGER", "1") != "0",
            topics=Topics.from_environment(),
        )

    @property
    def namespace(self) -> str:
        return f"{self.suite}." if self.suite else ""
