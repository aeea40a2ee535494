"""A read model said once: the row is the table, and what the API shows of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final, Self, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Double,
    Index,
    Integer,
    Select,
    String,
    Table,
    Uuid,
    bindparam,
    select,
)

from libs.events.core.fields import Paging
from libs.events.core.reactions import Misdeclared, union
from libs.events.http.bodies import place_in, place_of
from libs.events.store.cache import VERSIONED
from libs.events.store.read_models import PERSONAL as PERSONAL_COLUMN
from libs.events.store.read_models import beyond
from libs.events.store.tables import OF, Moment, Position, metadata

# Marks for the fields of a row. KEY: of the primary key. COUNTER: a position, of 64 bits. PERSONAL:
# blanked when its matter is forgotten.
KEY: Final = "key"
COUNTER: Final = "counter"
PERSONAL: Final = "personal"
# A column that is written and asked about, and that the API does not show.
UNSHOWN: Final = Field(exclude=True)
# The parameter of `as_shown`; a column is called otherwise.
UNTIL: Final = "until_"
TYPES: Final[dict[Any, Any]] = {
    str: String, UUID: Uuid, bool: Boolean, int: Integer, float: Double, date: Date,
    datetime: Moment, tuple: JSON, list: JSON, dict: JSON, Mapping: JSON,
}  # fmt: skip


class Row(BaseModel):
    """`class OfficerRow(Row, table="officers")`: a column a field, in their order.

    `indexes` are names: of the index, then of its columns. A `versioned` table is small and seldom
    written: what is read from it may stay in memory (`Cached`).
    """

    table: ClassVar[Table[Any]]
    c: ClassVar[Any]
    # Every row that has a table, whoever writes it and however.
    known: ClassVar[list[type["Row"]]] = []

    def __init_subclass__(
        cls, *, table: str = "", indexes: Sequence[Sequence[str]] = (), versioned: bool = False
    ) -> None:
        """Without a table of its own, it shows more than the row it inherits from."""

    @classmethod
    def __pydantic_init_subclass__(  # type: ignore[override]  # it takes the name of its table
        cls, *, table: str = "", indexes: Sequence[Sequence[str]] = (), versioned: bool = False
    ) -> None:
        if not table:
            return
        columns = [column(name, one.annotation, one.metadata) for name, one in
                   cls.model_fields.items()]  # fmt: skip
        if not any(one.primary_key for one in columns):
            raise Misdeclared(f"{cls.__name__} has no key: Annotated[…, KEY]")
        for one in columns:
            if one.info == PERSONAL_COLUMN and not one.nullable:
                raise Misdeclared(f"{cls.__name__}.{one.name} is blanked one day: let it be None")
        if any(one.info == PERSONAL_COLUMN for one in columns) and "correlation_id" not in {
            one.name for one in columns
        }:
            raise Misdeclared(f"{cls.__name__} is blanked by its matter: give it correlation_id")
        info = {**(VERSIONED if versioned else {}), OF: service_of(cls.__module__)}
        cls.table = Table(table, metadata, *columns, *(Index(*one) for one in indexes), info=info)
        cls.c = cls.table.c
        cls.known.append(cls)

    @classmethod
    def where(cls, **equal: Any) -> Select[Any]:
        """The rows of which these columns have these values. What is None is not asked about."""
        found = select(cls.table)
        return found.where(*(cls.c[name] == one for name, one in equal.items() if one is not None))

    @classmethod
    def read(cls, tx: Connection, found: Select[Any]) -> list[Self]:
        rows = tx.execute(found)
        names = tuple(rows.keys())
        return [cls.model_validate(dict(zip(names, row, strict=True))) for row in rows.all()]

    @classmethod
    def as_shown(
        cls, tx: Connection, moment: str, until: datetime, **equal: Any
    ) -> list[dict[str, Any]]:
        """What a page shows of these rows up to a moment, the oldest first: plain values, and no
        model for each, for there may be hundreds."""
        names, found = shown_until(cls, moment, frozenset(equal))
        rows = tx.execute(found, {**equal, UNTIL: until})
        return [equal | dict(zip(names, row, strict=True)) for row in rows.all()]

    @classmethod
    def first(cls, tx: Connection, found: Select[Any]) -> Self | None:
        row = tx.execute(found.limit(1)).mappings().one_or_none()
        return None if row is None else cls.model_validate(dict(row))

    @classmethod
    def all(cls, tx: Connection, **equal: Any) -> list[Self]:
        """By their key; those of which these columns have these values."""
        return cls.read(tx, cls.where(**equal).order_by(*cls.table.primary_key))

    @classmethod
    def page(
        cls, tx: Connection, found: Select[Any], page: Paging, moment: str, key: str
    ) -> tuple[list[Self], str | None]:
        """A page, the oldest first, and the cursor of the next: keyset, by a moment and an id."""
        order = (cls.c[moment], cls.c[key])
        if (last := place_in(page.after)) is not None:
            found = found.where(beyond(order, last))
        rows = cls.read(tx, found.order_by(*order).limit(page.limit))
        if len(rows) < page.limit:
            return rows, None
        return rows, place_of(getattr(rows[-1], moment), getattr(rows[-1], key))


def service_of(module: str) -> str:
    """Whose a module is: `grid` of `services.grid.report.projection`, "" of a library's."""
    home, _, rest = module.partition(".")
    return rest.partition(".")[0] if home == "services" else ""


@lru_cache
def shown_until(
    row: type[Row], moment: str, equal: frozenset[str]
) -> tuple[Sequence[str], Select[Any]]:
    """The statement of `as_shown`, made once: a page of seven lists spends more on making them than
    on asking. The columns it reads, and itself, with a parameter for each that is equal."""
    shown = [name for name, one in row.model_fields.items() if not one.exclude]
    names = [name for name in shown if name not in equal]
    found = select(*(row.c[name] for name in names)).where(row.c[moment] <= bindparam(UNTIL))
    found = found.where(*(row.c[name] == bindparam(name) for name in sorted(equal)))
    return names, found.order_by(row.c[moment], *row.table.primary_key)


def column(name: str, hint: Any, marks: Sequence[Any]) -> Column[Any]:
    parts = [one for one in union(hint) if one is not type(None)]
    kind = parts[0]
    while hasattr(kind, "__supertype__") or get_origin(kind) is Annotated:
        kind = kind.__supertype__ if hasattr(kind, "__supertype__") else get_args(kind)[0]
    kind = get_origin(kind) or kind
    if isinstance(kind, type) and issubclass(kind, Enum):
        kind = str
    if isinstance(kind, type) and issubclass(kind, Sequence) and kind is not str:
        kind = list
    if kind not in TYPES or len(parts) > 1:
        raise Misdeclared(f"{name}: there is no column for {hint!r}")
    key = KEY in marks
    return Column(
        name,
        Position if COUNTER in marks else TYPES[kind],
        primary_key=key,
        nullable=len(union(hint)) > 1,
        autoincrement=False if key else "auto",
        info=PERSONAL_COLUMN if PERSONAL in marks else {},
    )
