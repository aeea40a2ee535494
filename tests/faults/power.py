"""A power cut for processes on SQLite: what was never synced is gone.

A small library is preloaded into them, which keeps a copy of each file as it was last synced; it is
built with the C compiler of the machine, and where there is none nobody's power is cut.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("synced.c")
SYNCED: Final = ".synced"


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


def preloaded(folder: Path) -> Mapping[str, str]:
    """What the environment of a process says for it to be watched; nothing without a compiler."""
    found = compiler()
    if found is None:
        return {}
    built = folder / "synced.so"
    if not built.exists():
        subprocess.run(
            [found, "-shared", "-fPIC", "-O1", "-o", built, SOURCE, "-ldl"],
            check=True, capture_output=True,
        )  # fmt: skip
    return {"LD_PRELOAD": str(built)}


def cut(folder: Path) -> int:
    """Once its processes are dead: every file is as it was last synced. How many there were."""
    files = [*folder.glob(f"*.db{SYNCED}"), *folder.glob(f"*.db-wal{SYNCED}")]
    for kept in files:
        shutil.copy(kept, str(kept).removesuffix(SYNCED))
    for shared in folder.glob("*.db-shm"):
        shared.unlink()
    for wal in folder.glob("*.db-wal"):
        if not wal.with_name(f"{wal.name}{SYNCED}").exists():
            wal.unlink()  # nothing of it was ever synced
    return len(files)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, **preloaded(folder)}
