"""What it takes to make read models again: how fast they grow, and how long the log is held for
it in the end.
"""

from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

from sqlalchemy import func, select

from libs.events.releases.rebuild import Rebuild
from services.grid.report.projection.board import ReportRow
from tests.bench.ground import grid_on
from tests.bench.history import grow

COUNT: Final = 100_000


def rebuilding(folder: Path, database: str, repeats: int) -> dict[str, Any]:
    """A grid with so many reports. All of them are on its board afterwards."""
    filled: list[float] = []
    held: list[float] = []
    with grid_on(database, folder) as service:
        grow(service, COUNT)
        for again in range(repeats):
            rebuild = Rebuild(
                service.settler, service.listener.reactions, folder / f"again-{again}.db"
            )
            length, began = rebuild.length(), perf_counter()
            rebuild.fill(lambda done: None)
            filled.append(length / (perf_counter() - began))
            began = perf_counter()
            rebuild.swap()
            held.append(perf_counter() - began)
            with service.settler.log.engine.connect() as tx:
                shown = tx.execute(select(func.count()).select_from(ReportRow.table)).scalar_one()
            assert shown == COUNT
    return {
        f"{database}: events on record": COUNT,
        f"{database}: told again, a second": round(median(filled)),
        f"{database}: seconds under the head, to take their place": round(median(held), 2),
    }
