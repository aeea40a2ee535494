"""The public page: records of organisations, by class and term; never a person's."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from libs.contracts.vocabulary import CatalogueItemCode
from libs.events.core.fields import Limits, Paging, Short
from libs.events.core.kernel import Refused
from libs.events.declaring.routes import DayOf, get
from libs.events.declaring.stream import Stream
from libs.statute.identity import Invalid, credit_code, subject_of, token_of
from libs.statute.rulebook import Rulebook
from services.credit.publicity.projection import PublicRow, find_shown, project

Page = Annotated[Paging, Limits(le=100)]
FIRST: Final = Paging(limit=20)
CreditCode = Annotated[str, Limits(min_length=18, max_length=18, pattern=r"^[0-9A-Za-z]+$")]


class PublicPage(BaseModel):
    records: Sequence[PublicRow]
    next: str | None


def subject_in(number: str | None, key: bytes) -> UUID | None:
    """Raises `Refused` (`id-check-failed`) without saying what would have been right."""
    if number is None:
        return None
    try:
        return subject_of(token_of(credit_code(number.upper()).number, key))
    except Invalid as wrong:
        raise Refused("id-check-failed", str(wrong), field="credit_code") from None


def find_public_records(
    day: DayOf,
    now: Callable[[], datetime],
    key: bytes,
    tx: Connection,
    credit_code: CreditCode | None = None,
    name: Short | None = None,
    item_code: CatalogueItemCode | None = None,
    page: Page = FIRST,
) -> PublicPage:
    """What is shown now of organisations, the oldest first; of what is shown no more, nothing."""
    found, following = find_shown(
        tx,
        day(now()),
        subject_id=subject_in(credit_code, key),
        name=name,
        item_code=item_code,
        page=page,
    )
    return PublicPage(records=found, next=following)


def publicity(rules: Rulebook, key: bytes, now: Callable[[], datetime]) -> Stream:
    ask = partial(find_public_records, rules.day, now, key)
    return Stream(
        name="publicity",
        projections=[project],
        queries=[
            get("/credit/public", ask, refuses="id-check-failed", name="FindPublicRecords",
                public=True)
        ],
    )  # fmt: skip
