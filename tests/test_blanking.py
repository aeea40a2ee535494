"""What is forgotten is shown no more: every personal column of every read model goes blank."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import JSON, Engine, select

from libs.contracts.oversight import AccessAudited, AccessKind
from libs.contracts.vocabulary import PersonId, Role
from libs.events.store.tables import Moment
from libs.suite.forgetting import personal_tables
from tests.conftest import engine as engine
from tests.declared import services
from tests.scenario import heard

NOON: Final = datetime(2026, 6, 1, 4, tzinfo=UTC)
FILLED: Final[dict[type, Any]] = {
    str: "x", int: 1, float: 1.0, bool: True, UUID: UUID(int=1), date: NOON.date(),
    datetime: NOON, list: ["x"],
}  # fmt: skip
TABLES: Final = [(name, table) for name in services() for table in personal_tables(name)]


def kind_of(column: Any) -> type:
    if isinstance(column.type, Moment):
        return datetime
    return list if isinstance(column.type, JSON) else column.type.python_type


@pytest.mark.parametrize(("name", "table"), TABLES, ids=[table.name for _, table in TABLES])
def test_what_is_personal_goes_blank_with_its_matter(name: str, table: Any, engine: Engine) -> None:
    """Whichever stream writes it, and however."""
    filled = {column.name: FILLED[kind_of(column)] for column in table.c}
    said = AccessAudited(
        day=NOON.date(), by=PersonId("ops"), role=Role.OPS, purpose="the purpose is reached",
        fields=("*",), at=NOON, kind=AccessKind.ERASED,
    )  # fmt: skip
    erased = replace(heard(said), correlation_id="M-1")
    with engine.begin() as tx:
        tx.execute(table.insert(), [filled | {"correlation_id": "M-1"}])
        project = services()[name].reactions[f"{name}.forgetting"].project
        assert project is not None
        project(tx, [erased])
        (row,) = tx.execute(select(table)).mappings()
    personal = [column.name for column in table.c if column.info.get("personal")]
    assert personal
    assert [row[column] for column in personal] == [None] * len(personal)


def test_the_tables_that_hold_something_personal_are_known() -> None:
    assert {table.name for _, table in TABLES} == {
        "report_board", "fines_in_force", "public_decisions", "credit_subjects",
        "credit_records", "credit_listings", "credit_repairs", "public_records", "wage_claims",
    }  # fmt: skip
