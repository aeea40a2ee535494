"""The register of petitions, and who has petitioned in which matter.

No name and no text stands here: a matter is known by a token that tells nothing of it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Connection, func, or_, select

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.events.core.fields import Paging
from libs.events.core.kernel import Envelope, Hidden
from libs.events.declaring.projections import Changes, projection
from libs.events.declaring.rows import KEY, UNSHOWN, Row


class PetitionRow(
    Row,
    table="petitions",
    indexes=(
        ("petitions_by_arrival", "registered_at", "petition_id"),
        ("petitions_by_matter", "correlation_id"),
        ("petitions_by_token", "matter_token"),
    ),
):
    petition_id: Annotated[v.PetitionId, KEY]
    petition_no: v.PetitionNo
    correlation_id: str
    agency_code: v.AgencyCode
    kind: str
    persons: int
    repeats: v.PetitionId | None
    route: str | None
    to_agency: v.AgencyCode | None
    stage: str
    registered_at: datetime
    notify_due_on: date
    reply_due_on: date
    replied_on: date | None
    replied_on_time: bool | None
    review_until: date | None
    review_due_on: date | None
    rating: str | None
    final_because: str | None
    matter_token: Annotated[str, UNSHOWN]


class PetitionerRow(Row, table="petitioners", indexes=(("petitioners_of", "petition_id"),)):
    party_id: Annotated[UUID, KEY]
    petition_id: Annotated[v.PetitionId, KEY]


@projection(PetitionRow, PetitionerRow)
def project(petitions: Changes, petitioners: Changes, fact: Envelope[m.PetitionEvent]) -> None:
    key = fact.data.petition_id
    match fact.data:
        case m.PetitionRegistered() as event:
            petitions.set(
                petition_id=key,
                correlation_id=fact.correlation_id,
                stage="REGISTERED",
                registered_at=fact.happened,
                **{name: getattr(event, name) for name in FIRST},
                **dict.fromkeys(LATER),
            )
            if isinstance(event.petitioners, Hidden):
                return
            for one in event.petitioners:
                petitioners.set(party_id=one.subject_id, petition_id=key)
        case m.PetitionSeparated():
            petitions.take(fact, "route", "to_agency", stage="SEPARATED")
        case m.PetitionReplied() as event:
            petitions.set(
                petition_id=key,
                stage="REPLIED",
                replied_on=event.on,
                replied_on_time=event.on_time,
                review_until=event.review_until,
            )
        case m.PetitionReviewRequested() as event:
            stage = "REVIEWING" if event.stage is m.ReviewStage.REVIEW else "RECHECKING"
            petitions.set(petition_id=key, stage=stage, review_due_on=event.due_on)
        case m.PetitionReviewDecided() as event:
            petitions.set(
                petition_id=key,
                stage="REPLIED",
                review_until=event.review_until,
                review_due_on=None,
            )
        case m.PetitionFinalized() as event:
            petitions.set(petition_id=key, stage="FINAL", final_because=event.reason)
        case m.PetitionSatisfactionRecorded() as event:
            petitions.set(petition_id=key, rating=event.rating)


FIRST = (
    "petition_no", "agency_code", "kind", "persons", "repeats", "notify_due_on", "reply_due_on",
    "matter_token",
)  # fmt: skip
LATER = (
    "route", "to_agency", "replied_on", "replied_on_time", "review_until", "review_due_on",
    "rating", "final_because",
)  # fmt: skip


def find_petition(tx: Connection, petition_id: UUID) -> PetitionRow | None:
    return PetitionRow.first(tx, PetitionRow.where(petition_id=petition_id))


def find_earlier(
    tx: Connection, parties: Sequence[UUID], token: str, named: UUID | None, besides: UUID
) -> Sequence[PetitionRow]:
    """Of the same petitioner and text, or the one that is named; the oldest first."""
    c, who = PetitionRow.c, PetitionerRow.c
    theirs = select(who.petition_id).where(who.party_id.in_(parties))
    same = c.matter_token == token
    found = PetitionRow.where().where(c.petition_id != besides)
    found = found.where(
        or_(same & c.petition_id.in_(theirs), c.petition_id == named) if named else
        same & c.petition_id.in_(theirs)
    )  # fmt: skip
    return PetitionRow.read(tx, found.order_by(c.registered_at, c.petition_id))


def find_page(
    tx: Connection, *, stage: str | None, due_by: date | None, unsatisfied: bool, page: Paging
) -> tuple[list[PetitionRow], str | None]:
    """The oldest first."""
    c, found = PetitionRow.c, PetitionRow.where(stage=stage)
    if due_by is not None:
        found = found.where(c.stage.in_(("REGISTERED", "SEPARATED")), c.reply_due_on <= due_by)
    if unsatisfied:
        found = found.where(c.rating == "UNSATISFIED")
    return PetitionRow.page(tx, found, page, "registered_at", "petition_id")


def find_of_party(tx: Connection, party_id: UUID) -> Sequence[PetitionRow]:
    mine = select(PetitionerRow.c.petition_id).where(PetitionerRow.c.party_id == party_id)
    c = PetitionRow.c
    found = PetitionRow.where().where(c.petition_id.in_(mine))
    return PetitionRow.read(tx, found.order_by(c.registered_at.desc(), c.petition_id).limit(200))


def is_petitioner(tx: Connection, petition_id: UUID, party_id: UUID) -> bool:
    found = PetitionerRow.where(petition_id=petition_id, party_id=party_id)
    return PetitionerRow.first(tx, found) is not None


def count_of_matter(tx: Connection, matter: str) -> int:
    found = select(func.count()).select_from(PetitionRow.table)
    return int(tx.execute(found.where(PetitionRow.c.correlation_id == matter)).scalar_one())
