"""A read model said once: the row is the table, and what the API shows of it."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, ClassVar, Final, Self, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Index,
    Integer,
    Select,
    String,
    Table,
    Uuid,
    select,
)

from libs.events.core.kernel import Envelope, Event
from libs.events.core.reactions import Misdeclared, union
from libs.events.deciding.turn import Project
from libs.events.store.read_models import Rows
from libs.events.store.tables import Moment, metadata

KEY: Final = "key"
# A column that is written and asked about, and that the API does not show.
UNSHOWN: Final = Field(exclude=True)
TYPES: Final[dict[Any, Any]] = {
    str: String, UUID: Uuid, bool: Boolean, int: Integer, float: Float, date: Date,
    datetime: Moment, tuple: JSON, list: JSON, dict: JSON,
}  # fmt: skip


class Row(BaseModel):
    """`class OfficerRow(Row, table="officers")`: a column a field, in their order."""

    table: ClassVar[Table[Any]]
    c: ClassVar[Any]

    def __init_subclass__(cls, *, table: str, indexes: Sequence[Sequence[str]] = ()) -> None:
        """`indexes` are names: of the index, then of its columns."""

    @classmethod
    def __pydantic_init_subclass__(  # type: ignore[override]
        cls, *, table: str, indexes: Sequence[Sequence[str]] = ()
    ) -> None:
        columns = [column(name, one.annotation, one.metadata) for name, one in
                   cls.model_fields.items()]  # fmt: skip
        if not any(one.primary_key for one in columns):
            raise Misdeclared(f"{cls.__name__} has no key: Annotated[…, KEY]")
        cls.table = Table(table, metadata, *columns, *(Index(*one) for one in indexes))
        cls.c = cls.table.c

    @classmethod
    def read(cls, tx: Connection, found: Select[Any]) -> list[Self]:
        return [cls.model_validate(dict(row)) for row in tx.execute(found).mappings()]

    @classmethod
    def all(cls, tx: Connection) -> list[Self]:
        return cls.read(tx, select(cls.table).order_by(*cls.table.primary_key))


def column(name: str, hint: Any, marks: Sequence[Any]) -> Column[Any]:
    parts = [one for one in union(hint) if one is not type(None)]
    kind = parts[0]
    while hasattr(kind, "__supertype__") or get_origin(kind) is Annotated:
        kind = kind.__supertype__ if hasattr(kind, "__supertype__") else get_args(kind)[0]
    kind = get_origin(kind) or kind
    if isinstance(kind, type) and issubclass(kind, Enum):
        kind = str
    if kind not in TYPES or len(parts) > 1:
        raise Misdeclared(f"{name}: there is no column for {hint!r}")
    key = KEY in marks
    return Column(
        name,
        TYPES[kind],
        primary_key=key,
        nullable=len(union(hint)) > 1,
        autoincrement=False if key else "auto",
    )


def latest(row: type[Row], kind: type[Event]) -> Project:
    """Shows the last event of each stream: every column is the field of that name."""
    names = [one.name for one in row.table.c]
    if strange := [one for one in names if one not in kind.__dataclass_fields__]:
        raise Misdeclared(f"{kind.__name__} has no {strange[0]}, which {row.__name__} shows")
    types: dict[str, Any] = {name: row.model_fields[name].annotation for name in names}
    as_json: dict[str, TypeAdapter[Any]] = {
        one.name: TypeAdapter(types[one.name]) for one in row.table.c if isinstance(one.type, JSON)
    }

    def project(tx: Connection, facts: Sequence[Envelope[Event]]) -> None:
        rows = Rows(row.table)
        for fact in facts:
            if isinstance(fact.data, kind):
                said = {name: getattr(fact.data, name) for name in names}
                for name, adapter in as_json.items():
                    said[name] = adapter.dump_python(said[name], mode="json")
                rows.set(**said)
        rows.write(tx)

    return project
