"""What was forgotten stays forgotten, whichever state of the key store is restored."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from libs.contracts.oversight import AccessAudited, AccessKind
from libs.contracts.vocabulary import PersonId, Role
from libs.events.core.kernel import Hidden
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.events.store.vault import Vault, data_keys, forgotten
from services.exchange.main import assemble as assemble_exchange
from services.grid.main import assemble as assemble_grid
from services.oversight.main import assemble as assemble_oversight
from tests.conftest import PACK, Loopback, Says, acting, served

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
KEPT, GONE = "BH-TR-20260601-AAAAAAAA-0", "BH-TR-20260601-BBBBBBBB-0"


def state_of(keys: Vault) -> dict[Any, Sequence[Any]]:
    with keys.engine.connect() as tx:
        return {
            table: [dict(row) for row in tx.execute(select(table)).mappings()]
            for table in (data_keys, forgotten)
        }


def restore(keys: Vault, state: dict[Any, Sequence[Any]]) -> None:
    with keys.engine.begin() as tx:
        for table, rows in state.items():
            tx.execute(delete(table))
            if rows:
                tx.execute(insert(table), list(rows))
    keys.engine.dispose()


def hidden(keys: Vault) -> dict[str, bool]:
    return {name: key is Hidden.ERASED for name, key in keys.find([KEPT, GONE]).items()}


ERASED = AccessAudited(
    day=NOON.date(), by=PersonId("ops"), role=Role.OPS, purpose="its purpose is reached",
    fields=(GONE, "*"), at=NOON, kind=AccessKind.ERASED,
)  # fmt: skip


async def test_by_who_has_it_in_its_log(world: World, loopback: Loopback) -> None:
    keys = world.keys
    keys.take([KEPT, GONE])
    yesterday = state_of(keys)
    service = assemble_oversight(world, PACK)
    async with served(service, loopback) as client:
        body = {"matter": GONE, "purpose": "its purpose is reached"}
        answer = await client.post("/erasures", json=body, headers=acting("ops", Role.OPS))
        assert answer.status_code == 200, answer.text
        assert hidden(keys) == {KEPT: False, GONE: True}
        restore(keys, yesterday)
        assert hidden(keys) == {KEPT: False, GONE: False}, "it is readable again"
        service.settler.returned()  # as behind an outage, while it runs
        assert hidden(keys) == {KEPT: False, GONE: True}
    today = state_of(keys)
    restore(keys, yesterday)
    assemble_oversight(world, PACK).prepare()
    assert hidden(keys) == {KEPT: False, GONE: True}
    assert state_of(keys) == today, "and once is enough"


@pytest.mark.parametrize("assemble", [assemble_grid, assemble_exchange])
async def test_by_who_has_heard_of_it(
    world: World, loopback: Loopback, says: Says, assemble: Callable[..., Service]
) -> None:
    """Also a service none of whose tables shows anything personal."""
    keys = world.keys
    keys.take([KEPT])
    async with served(assemble(world, PACK), loopback):
        await says(ERASED)
    matter = next(iter({row["name"] for row in state_of(keys)[data_keys]} - {KEPT}))
    assert isinstance(keys.find([matter])[matter], bytes), "nobody has destroyed it here"
    assemble(world, PACK).prepare()
    assert keys.find([matter])[matter] is Hidden.ERASED
    assert isinstance(keys.find([KEPT])[KEPT], bytes)
