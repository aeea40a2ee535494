"""docs/tutorial.md on a copy of the tree: files written, changes applied, commands run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.whole
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S)
CHAPTERS = (ROOT / "docs" / "tutorial.md").read_text("utf-8").split("\n## ")[1:]


def copied(to: Path) -> Path:
    """What git knows of, as it stands."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    if (ROOT / ".mypy_cache").is_dir():  # what the checker knows of these files already
        shutil.copytree(ROOT / ".mypy_cache", to / ".mypy_cache", symlinks=True)
    subprocess.run(["git", "init", "-q"], cwd=to, check=True)
    subprocess.run(["git", "add", "-A"], cwd=to, check=True)
    return to


def steps(chapter: str) -> Iterator[tuple[str, str, str]]:
    yield from BLOCK.findall(chapter)


def done(words: list[str] | str, tree: Path, given: str = "") -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(tree)}
    asked = subprocess.run(
        words, cwd=tree, shell=isinstance(words, str), env=environment, input=given,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, f"{words}\n{asked.stdout[-3000:]}\n{asked.stderr[-3000:]}"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[one.partition("\n")[0] for one in CHAPTERS])
def test_each_step_works_as_it_is_told(tmp_path: Path, chapter: str) -> None:
    tree = copied(tmp_path / "tree")
    ran = 0
    for kind, title, text in steps(chapter):
        if kind == "diff":
            done(["git", "apply", "--recount", "-"], tree, text)
        elif kind == "console":
            for line in text.splitlines():
                assert line.startswith("$ "), line
                done(line.removeprefix("$ "), tree)
                ran += 1
        else:
            assert title, text
            (tree / title).parent.mkdir(parents=True, exist_ok=True)
            (tree / title).write_text(text, "utf-8")
    assert ran >= 4
