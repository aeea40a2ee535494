"""What takes several services: real processes, a real Kafka, and how long each of many took."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.bench.measuring import shares
from tests.faults.cluster import Cluster, cluster

Ask = Callable[[Cluster], Coroutine[Any, Any, list[float]]]


def across(folder: Path, database: str, begins: datetime, name: str, ask: Ask) -> dict[str, float]:
    """`ask` answers with seconds; half and 95 of a hundred are told in milliseconds."""
    place = folder / uuid4().hex[:6]
    place.mkdir()
    with cluster(place, database=database, replicas=1, begins=begins) as whole:
        took = [1_000 * one for one in asyncio.run(ask(whole))]
    return {f"{name} p{share} ms": round(shares(took, share)[0]) for share in (50, 95)}
