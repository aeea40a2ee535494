"""The bench of credit fills its tables by hand: it must fit them still."""

from pathlib import Path

from tests.bench.crediting import public


def test_the_public_pages_of_the_bench_are_filled_and_asked(tmp_path: Path) -> None:
    found = public(tmp_path, "sqlite", count=500)
    assert all(one > 0 for one in found.values())
