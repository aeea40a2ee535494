"""No line of code cites a document that is not here, and docs/domain/ says what is declared."""

import re
import subprocess

import pytest

from libs.events.http.catalogue import SHARED
from tests.conftest import PACK, ROOT
from tests.declared import services
from tests.domain_docs import FOLDER, MARK, page

CITED = re.compile(r"[\w./-]*\b[\w-]+\.md\b")
SECTION = re.compile(r"\bB\.\d+\.\d+|README 0\.\d+|the domain's \w+\.md")


@pytest.mark.parametrize("name", services())
def test_the_page_of_each_service_says_what_its_streams_declare(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text("utf-8")
    assert text == page(name), "run `make docs`"
    assert len(text.partition(MARK)[0]) > 500


def test_every_document_that_is_cited_is_here() -> None:
    listed = ["git", "ls-files", "-z", "libs", "services", "demo", "deploy", "jurisdictions"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    missing, cited = [], 0
    for name in filter(None, names.split("\0")):
        if not (ROOT / name).is_file() or not name.endswith((".py", ".csv", ".yaml", ".toml")):
            continue
        text = (ROOT / name).read_text("utf-8")
        for one in CITED.findall(text):
            cited += 1
            if not (ROOT / one).is_file():
                missing.append(f"{name} cites {one}")
        missing += [f"{name} cites {one}" for one in SECTION.findall(text)]
    assert missing == []
    assert cited > 30


def test_every_rule_and_refusal_that_the_words_name_is_there() -> None:
    """A page that names what does not exist would be believed by whoever reads it."""
    slugs = {slug for made in services().values() for slug in made.refusals} | set(SHARED)
    tables = {file.name for file in (ROOT / "jurisdictions" / "binhai").glob("*.csv")}
    codes = {row["code"] for row in PACK.tables["rules"]}
    wrong, named = [], 0
    for file in FOLDER.glob("*.md"):
        words = file.read_text("utf-8").partition(MARK)[0]
        for one in re.findall(r"`([^`]+)`", words):
            known: set[str] = set()
            if re.fullmatch(r"[A-Z]+(\.[A-Z_0-9]+)+", one):
                known = codes
            elif re.fullmatch(r"[a-z]+(-[a-z]+)+", one):
                known = slugs
            elif one.endswith(".csv") and "/" not in one:
                known = tables
            else:
                continue
            named += 1
            wrong += [] if one in known else [f"{file.name}: {one}"]
    assert wrong == []
    assert named > 10
