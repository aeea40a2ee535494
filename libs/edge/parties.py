"""A party as it enters: its number is judged here, becomes a token, and goes no further.

Source: docs/domain/README.md; GB 32100-2015, GB 11643-1999.
"""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from libs.contracts.enforcement import Party
from libs.contracts.vocabulary import SubjectKind, SubjectRef
from libs.events.core.kernel import Refused
from libs.events.http.bodies import Day, Short
from libs.statute.identity import (
    Invalid,
    adult_day,
    credit_code,
    other_number,
    person_number,
    subject_of,
    token_of,
)

IdType = Literal["USCC", "ID_CARD", "PASSPORT", "OTHER"]
PERSONS: Final = (SubjectKind.PERSON,)


class PartyBody(BaseModel):
    """`born_on` where no identity number says it."""

    kind: SubjectKind
    id_type: IdType
    id_number: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
    name: Short
    address: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    born_on: Day | None = None


def subject_ref(body: PartyBody, key: bytes, today: date) -> SubjectRef:
    """Raises `Refused` (`id-check-failed`) without saying what would have been right."""
    number, adult_on = body.id_number.strip().upper(), None
    try:
        if body.id_type == "USCC":
            number = credit_code(number).number
        elif body.id_type == "ID_CARD":
            person = person_number(number, today)
            number, adult_on = person.number, person.adult_on
        else:
            number = other_number(number)
    except Invalid as wrong:
        raise Refused("id-check-failed", str(wrong), field="id_number") from None
    if (body.kind in PERSONS) is (body.id_type == "USCC"):
        raise Refused(
            "id-check-failed",
            "A party of kind {kind} is not identified by {id_type}: use USCC for "
            "organisations and an identity document for persons",
            kind=body.kind,
            id_type=body.id_type,
            field="id_type",
        )
    if adult_on is None and body.born_on is not None:
        adult_on = adult_day(body.born_on)
    token = token_of(number, key)
    masked = body.kind in PERSONS
    return SubjectRef(
        subject_id=subject_of(token),
        kind=body.kind,
        id_type=body.id_type,
        id_token=token,
        display_name=f"{body.name[:1]}某" if masked else body.name,
        adult_on=adult_on,
    )


def party(body: PartyBody, ref: SubjectRef) -> Party:
    """As a document names it: an organisation with its credit code, which is public."""
    code = body.id_number.strip().upper() if body.id_type == "USCC" else None
    return Party(subject_id=ref.subject_id, name=body.name, address=body.address, credit_code=code)
