"""No function over 70 lines, no file over 400: what is longer is two things."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

FUNCTION, FILE = 70, 400
# A contract lists what a service says, and is as long as that.
LISTS = ("libs/contracts/",)


def sources() -> Iterator[Path]:
    for folder in ("libs", "services", "tests"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def long_functions(text: str) -> list[str]:
    return [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION
    ]


def test_no_file_is_longer_than_one_can_hold_in_mind() -> None:
    long = {
        name: lines
        for file in sources()
        if not (name := file.relative_to(ROOT).as_posix()).startswith(LISTS)
        and (lines := len(file.read_text("utf-8").splitlines())) > FILE
    }
    assert long == {}


def test_no_function_is_longer_than_one_can_see() -> None:
    long = {file.name: found for file in sources() if (found := long_functions(file.read_text()))}
    assert long == {}


@pytest.mark.parametrize(("lines", "found"), [(FUNCTION - 1, 0), (FUNCTION, 1)])
def test_a_line_more_is_found(lines: int, found: int) -> None:
    assert len(long_functions("def long():\n" + "    pass\n" * lines)) == found
