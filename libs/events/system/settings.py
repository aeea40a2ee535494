"""All that the environment says to a service."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


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
        )

    @property
    def namespace(self) -> str:
        return f"{self.suite}." if self.suite else ""
