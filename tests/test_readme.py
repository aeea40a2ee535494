"""What the README tells people to type is what CI runs."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from libs.console import main as commands_of_lianban  # each module adds its commands
from libs.console import suite
from libs.console.app import app
from libs.events.store.vault import MasterKey
from tests.conftest import ROOT


def test_the_readmes_two_commands_exist_and_ci_runs_its_test_command() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert f"\n{target}:" in makefile
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["make test"]


def test_no_registry_and_no_path_of_a_machine_is_named() -> None:
    for file in sorted(ROOT.glob("requirements*")):
        text = file.read_text("utf-8")
        assert "http://" not in text
        assert "https://" not in text
    for folder in ("docs", "deploy", "demo"):
        for file in Path(ROOT / folder).rglob("*.md"):
            assert "/work/" not in file.read_text("utf-8"), file


assert commands_of_lianban


def blocks(kind: str = "") -> list[str]:
    """What stands in fences of the README."""
    readme = (ROOT / "README.md").read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", readme, re.M | re.S)


def commands() -> list[str]:
    lines = [line for block in blocks() for line in block.splitlines()]
    return [line.partition("  #")[0].strip() for line in lines if line.startswith("lianban ")]


@pytest.mark.parametrize("command", commands())
def test_a_command_is_one_that_there_is_with_these_options(command: str) -> None:
    """As far as it can be tried without a suite: each word is a command, each option one of its."""
    words = shlex.split(command)[1:]
    group, names = get_command(app), []
    while isinstance(group, TyperGroup):
        assert words, command
        names.append(words[0])
        group = group.commands[words.pop(0)]
    known = {one for parameter in group.params for one in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known, command
    arguments = [one for one in group.params if one.param_type_name == "argument"]
    given = [word for word in words if not word.startswith("--")]
    assert len(given) >= sum(one.required for one in arguments), command


@pytest.mark.parametrize("code", blocks("python"))
def test_what_an_example_imports_is_there(code: str) -> None:
    tree = ast.parse(code)
    imports = [one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
    assert imports
    for one in imports:
        exec(compile(ast.Module([one], []), "README.md", "exec"), {})


def test_what_runs_without_a_suite_runs_as_it_stands_there(tmp_path: Path) -> None:
    ran = 0
    for command in commands():
        if command.split()[1] in ("token", "pack"):
            words = [sys.executable, "-m", "libs.console.main", *shlex.split(command)[1:]]
            environment = {**os.environ, "LIANBAN_VAR": str(tmp_path)}
            (tmp_path / "lianban").mkdir(exist_ok=True)
            key = tmp_path / "lianban" / "master.key"
            MasterKey.from_environment(key, make=lambda: True)
            done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            ran += 1
    assert ran == 3


def test_every_page_that_is_linked_is_here() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert missing == []


def test_the_ports_are_those_that_make_run_prints() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    ports = suite.usual_ports(suite.services())
    assert f"ports {min(ports.values())} to {max(ports.values())} and Kafka at" in readme
    assert f":{ports['enforcement']}{{path}}" in readme
    assert f"127.0.0.1:{suite.KAFKA_PORT}" in readme
