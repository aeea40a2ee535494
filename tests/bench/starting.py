"""How long a fresh suite takes until it is ready, and what its processes hold."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import uuid4

from libs.console import suite as suites
from libs.console.app import VAR
from libs.console.demo import memory
from tests.bench.ground import NOW
from tests.conftest import ROOT


def starting(repeats: int) -> dict[str, Any]:
    """Kafka first, then the services with the pack of Binhai, all of it loaded and told."""
    took: list[float] = []
    held: dict[str, int] = {}
    for _ in range(repeats):
        name = f"bench-{uuid4().hex[:6]}"
        with TemporaryDirectory() as folder:
            began = perf_counter()
            with (
                suites.kafka(Path(folder), cache=VAR / "jars") as url,
                suites.running(
                    name, var=Path(folder), pack=ROOT / "jurisdictions" / "binhai",
                    kafka_url=url, begins=NOW,
                ) as suite,
            ):  # fmt: skip
                took.append(perf_counter() - began)
                held = memory(suite)
    found: dict[str, Any] = {"seconds until all is ready": round(median(took), 1)}
    found |= {f"{process} MiB": size for process, size in sorted(held.items())}
    return found | {"all MiB": sum(held.values())}
