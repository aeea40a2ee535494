"""What the README tells people to type is what CI runs."""

from pathlib import Path

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
