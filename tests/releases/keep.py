"""`python -m tests.releases.keep 0.1.0`: what this release leaves behind it, once it is published.

A story is told to a suite whose exchange is on SQLite, and to one whose exchange is on PostgreSQL;
kept are the database of the exchange, the key store, and the key that opens it, which hides nothing
but what the story says.
"""

import asyncio
import gzip
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import make_url

from libs.console.scenario import Scenario
from tests.conftest import PACK, ROOT
from tests.orders.post import Post
from tests.orders.telling import Telling, hamlet
from tests.postgresql import Server

HERE: Final = Path(__file__).parent
STORY: Final = ROOT / "demo" / "scenarios" / "s1.yaml"


async def lived(folder: Path, **urls: str) -> None:
    story = Scenario.read(STORY, PACK)
    async with hamlet(folder, PACK, story.begins, Post(), **urls) as here:
        await here.loaded()
        await Telling(here, story, None).tell()


def squeezed(text: bytes, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(gzip.compress(text, 9, mtime=0))


def of_sqlite(file: Path) -> bytes:
    connection = sqlite3.connect(file)
    try:
        return "\n".join(connection.iterdump()).encode()
    finally:
        connection.close()


def of_postgresql(server: Server, url: str) -> bytes:
    parts = make_url(url)
    return subprocess.run(
        [server.binaries / "pg_dump", "-h", "127.0.0.1", "-p", str(parts.port), "-U", "postgres",
         "--inserts", "--no-owner", "--no-privileges", str(parts.database)],
        check=True, capture_output=True,
    ).stdout  # fmt: skip


def main(release: str) -> None:
    to = HERE / release
    server = Server()
    server.start()
    try:
        with TemporaryDirectory() as folder:
            for name in ("sqlite", "postgresql"):
                here = Path(folder) / name
                here.mkdir()
                url = server.database("exchange") if name == "postgresql" else ""
                asyncio.run(lived(here, **({"exchange": url} if url else {})))
                text = of_postgresql(server, url) if url else of_sqlite(here / "exchange.db")
                squeezed(text, to / name / "exchange.sql.gz")
                squeezed(of_sqlite(here / "keys.db"), to / name / "keys.sql.gz")
                shutil.copy(here / "master.key", to / name / "master.key")
    finally:
        server.stop()


if __name__ == "__main__":
    main(sys.argv[1])
