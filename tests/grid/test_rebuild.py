"""A read model is what the log says: made again it is the same, and a broken one is mended."""

from pathlib import Path

from httpx import AsyncClient
from sqlalchemy import Engine, update

from libs.events.process.world import World
from libs.events.releases.rebuild import Rebuild
from services.grid.main import assemble
from services.grid.report.projection.board import ReportRow
from tests.conftest import PACK, Says
from tests.grid.test_edge import ID, REPORT, SEAT, known

__all__ = ["known"]


async def test_a_board_made_again_is_the_same_and_a_broken_one_is_mended(
    grid: AsyncClient, says: Says, world: World, engine: Engine, tmp_path: Path
) -> None:
    assert (await grid.post("/reports", json=REPORT, headers=SEAT)).status_code == 201
    service = assemble(world, PACK)
    again = Rebuild(service.settler, service.reactions, tmp_path / "again.db")
    told: list[int] = []
    again.fill(told.append)
    assert sum(told) == again.length()
    # Cells and categories were written without the log here; the rest comes from it.
    assert not {"report_board", "agencies"} & set(again.differing())
    with engine.begin() as tx:
        tx.execute(update(ReportRow.table).values(status="LOST"))
    assert "report_board" in again.differing()
    again.swap()
    with engine.connect() as tx:
        assert tx.execute(ReportRow.table.select()).one().status == "SUBMITTED"
        assert str(tx.execute(ReportRow.table.select()).one().report_id) == ID
