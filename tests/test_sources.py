"""Whoever offers a handoff may write anything where it says what it is about."""

from uuid import UUID

import pytest

from libs.contracts.sources import key_of
from libs.contracts.vocabulary import SourceRef

KEY = UUID(int=7)


@pytest.mark.parametrize(
    "said",
    ["", "credit/measure", "credit/measure/", "credit/measure/x", f"credit/record/{KEY}",
     f"credit/measures/{KEY}", f"/credit/measure/{KEY}", f"credit/measure/{KEY}/x"],
)  # fmt: skip
def test_what_is_no_id_of_the_stream_is_of_nobody(said: str) -> None:
    assert key_of(SourceRef(said), "credit/measure") is None


def test_an_id_is_read() -> None:
    assert key_of(SourceRef(f"credit/measure/{KEY}"), "credit/measure") == KEY
    assert key_of(None, "credit/measure") is None
