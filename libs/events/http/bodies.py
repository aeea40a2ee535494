"""What the bodies of every service are made of: lengths, characters and zones at the edge."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from libs.events.core.kernel import Refused

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.@\-/]+$")]
Text = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"^[^\x00]*$")]
Short = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Instant = Annotated[AwareDatetime, AfterValidator(lambda at: in_utc(at))]
# What a row may be counted by, on either database.
Ordinal = Annotated[int, Field(ge=0, le=2**63 - 1)]
# A day that some register may hold: nobody means another century by a slip of the pen.
Day = Annotated[date, Field(ge=date(1949, 10, 1), le=date(2199, 12, 31))]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


def in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError("there is no such moment in UTC") from problem


class Picture(BaseModel):
    sha256: Digest
    kind: Code
    captured_at: Instant | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None


Pictures = Annotated[tuple[Picture, ...], Field(max_length=20)]


def place_of(at: datetime, key: UUID) -> str:
    """Where the next page begins, for a reader who need not understand it."""
    return urlsafe_b64encode(f"{at.isoformat()} {key}".encode()).decode()


def place_in(text: str | None) -> tuple[datetime, UUID] | None:
    if text is None:
        return None
    with suppress(ValueError, OverflowError):
        said, _, key = urlsafe_b64decode(text).decode().partition(" ")
        at = datetime.fromisoformat(said)
        if at.tzinfo is not None:  # every list gives its times with their zone
            return at.astimezone(UTC), UUID(key)
    raise Refused(
        "request-malformed",
        "The cursor in `after` is not one that this list has given: use `next` of the page before",
        field="after",
    )
