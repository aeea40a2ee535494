"""What a bench has measured stands in the document, where that says so, and nothing else moves."""

from pathlib import Path

from tests.bench.tables import write_into

DOCUMENT = """Before.
<!-- bench:relay -->
old
<!-- /bench -->
Between, | with a bar.
<!-- bench:growth -->
<!-- /bench -->
<!-- bench:start -->
kept
<!-- /bench -->
"""
TOLD = {
    "machine": {"cores": 2},
    "relay": [
        {"name": "bare", "ratio": 1.0, "median": 1234.5, "least": 1000.0, "most": 2000.0},
        {"name": "relay", "ratio": 0.804, "median": 992.4, "least": 900.0, "most": 1000.0},
    ],
    "growth": {
        "sqlite, read a second, 10,000": 55258.0,
        "sqlite, read a second, 100,000": 51587.0,
        "sqlite, typed events a second, 100,000": 148982.4,
    },
    "web": {"sqlite: p50 ms": 11.0},
}


def test_tables_are_written_where_a_document_has_a_place_for_them(tmp_path: Path) -> None:
    document = tmp_path / "figures.md"
    document.write_text(DOCUMENT, "utf-8")
    assert write_into(document, TOLD) == ["relay", "growth"]
    once = document.read_text("utf-8")
    assert "| relay | 0.80 | 992 | 900 – 1,000 |" in once
    assert "old" not in once
    assert "|  | 10,000 | 100,000 |\n|---|---|---|\n" in once
    assert "| sqlite, typed events a second |  | 148,982 |" in once
    assert "<!-- bench:start -->\nkept\n<!-- /bench -->" in once
    assert once.startswith("Before.\n")
    assert "Between, | with a bar.\n" in once
    write_into(document, TOLD)
    assert document.read_text("utf-8") == once
