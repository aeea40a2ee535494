"""Credit alone on a database of its own, and a window on it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from tests.conftest import Loopback, served
from tests.credit import past as p
from tests.credit.mill import Mill, mill


@pytest.fixture
def here(tmp_path: Path) -> Any:
    with mill(tmp_path) as one:
        one.clock.now = p.on("06-01")
        yield one


@pytest.fixture
async def window(here: Mill) -> AsyncIterator[AsyncClient]:
    async with served(here.service, Loopback()) as client:
        yield client
