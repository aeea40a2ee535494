"""Files that only their owner may read: keys."""

import stat
from pathlib import Path


class BadMasterKey(Exception):
    """There is no master key, or others can read it."""


def private_text(file: Path) -> str:
    """What a file says that only its owner may read. Raises `BadMasterKey`."""
    try:
        mode = file.stat().st_mode
        text = file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadMasterKey(f"{file} cannot be read: {problem}") from problem
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadMasterKey(f"{file} is readable by others: chmod 600 it")
    return text
