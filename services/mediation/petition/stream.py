"""A petition: registered by a clerk, sent where it belongs, answered, and rated."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.edge.parties import PartyBody, subject_ref
from libs.events.core.fields import FIRST_PAGE, Call, CallContext, Paging
from libs.events.core.fields import Code as Coded
from libs.events.core.kernel import Context, Envelope, Event, Hidden, NotFound
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Code, Text
from libs.statute.rulebook import Rulebook
from services.mediation.known import ReadReceivers
from services.mediation.petition import commands as c
from services.mediation.petition.projection import (
    PetitionRow,
    find_earlier,
    find_of_party,
    find_page,
    find_petition,
    is_petitioner,
    project,
)
from services.mediation.petition.reactions import on
from services.mediation.petition.rules import AnyPetition, decider

CLERKS: Final = (v.Role.PETITION_CLERK,)
PARTY: Final = (v.Role.PARTY,)
WATCHERS: Final = (v.Role.SUPERVISOR, v.Role.OPS)
MOVED: Final = "not-found out-of-turn"
KINDS: Final = {m.PetitionRoute.ADMIN_PROCEDURE: v.Kind.LEAD}
ReadStream = Callable[[Connection, str], Sequence[Envelope[Event]]]


class Registering(BaseModel):
    """`persons` is how many it is of, `petitioners` those who come for them."""

    petition_id: v.PetitionId
    kind: m.PetitionKind
    persons: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 1
    petitioners: Annotated[tuple[PartyBody, ...], Field(min_length=1, max_length=50)]
    matter: Text
    about_agency: Code | None = None
    accusation: bool = False
    repeats: v.PetitionId | None = None


class PetitionPage(BaseModel):
    petitions: Sequence[PetitionRow]
    next: str | None


class Petitions(BaseModel):
    petitions: Sequence[PetitionRow]


class PetitionView(PetitionRow):
    """With what was asked and answered: for the office and for who has petitioned."""

    matter: str | None
    opinions: Sequence[str | None]


def token_of_matter(key: bytes, text: str) -> str:
    """The same for the same words, however they are spaced; it tells nothing of them."""
    words = "".join(text.split()).casefold()
    return hmac.digest(key, b"petition\0" + words.encode(), sha256).hex()


def registered(key: bytes, body: Registering, call: Call) -> c.RegisterPetition:
    """The numbers go no further than this: they become tokens."""
    caller = call.caller
    today = call.day(caller.at)
    return c.RegisterPetition(
        petition_id=body.petition_id,
        agency_code=v.AgencyCode(caller.agency),
        kind=body.kind,
        persons=max(body.persons, len(body.petitioners)),
        petitioners=tuple(subject_ref(one, key, today) for one in body.petitioners),
        matter_text=body.matter,
        matter_token=token_of_matter(key, body.matter),
        about_agency=v.AgencyCode(body.about_agency) if body.about_agency else None,
        accusation=body.accusation,
        repeats=body.repeats,
        at=caller.at,
    )


def find_petitions(
    tx: Connection,
    stage: Coded | None = None,
    due_by: date | None = None,
    unsatisfied: bool = False,
    page: Paging = FIRST_PAGE,
) -> PetitionPage:
    """The oldest first; `due_by`: to be answered by then; `unsatisfied`: for a supervisor."""
    rows, following = find_page(tx, stage=stage, due_by=due_by, unsatisfied=unsatisfied, page=page)
    return PetitionPage(petitions=rows, next=following)


def find_my_petitions(tx: Connection, caller: CallContext) -> Petitions:
    """A petitioner's own, the youngest first."""
    try:
        return Petitions(petitions=find_of_party(tx, UUID(caller.actor)))
    except ValueError:
        return Petitions(petitions=())


class Reading:
    def __init__(self, read: ReadStream) -> None:
        self._read = read

    def get_petition(
        self, tx: Connection, petition_id: v.PetitionId, caller: CallContext
    ) -> PetitionView:
        row = find_petition(tx, petition_id)
        if row is None or not self._sees(tx, row, caller):
            raise NotFound("There is no petition {petition_id}", petition_id=petition_id)
        facts = [fact.data for fact in self._read(tx, f"petition/{petition_id}")]
        asked = next(one.matter for one in facts if isinstance(one, m.PetitionRegistered))
        answers = [
            one.opinion
            for one in facts
            if isinstance(one, m.PetitionReplied | m.PetitionReviewDecided)
        ]
        return PetitionView(
            **row.model_dump(),
            matter_token="",
            matter=None if isinstance(asked, Hidden) else asked,
            opinions=[None if isinstance(one, Hidden) else one for one in answers],
        )

    def _sees(self, tx: Connection, row: PetitionRow, caller: Context) -> bool:
        if caller.role != v.Role.PARTY:
            return True
        try:
            return is_petitioner(tx, row.petition_id, UUID(caller.actor))
        except ValueError:
            return False


def petition(rules: Rulebook, key: bytes, read: ReadStream, receivers: ReadReceivers) -> Stream:
    def earlier(
        tx: Connection, command: c.RegisterPetition, petition: AnyPetition
    ) -> c.RegisterPetition:
        found = find_earlier(
            tx,
            [one.subject_id for one in command.petitioners],
            command.matter_token,
            command.repeats,
            command.petition_id,
        )
        known = tuple(
            c.Earlier(petition_id=one.petition_id, final=one.stage == "FINAL") for one in found
        )
        return replace(command, earlier=known)

    def sent(
        tx: Connection, command: c.SeparatePetition, petition: AnyPetition
    ) -> c.SeparatePetition:
        kind = KINDS.get(command.route, v.Kind.PETITION)
        takes = receivers(tx).take(command.to_agency, kind, rules.day(command.at))
        return replace(command, takes=takes)

    reading = Reading(read)
    path = "/petitions/{petition_id}"
    return Stream(
        name="petition",
        decider=decider(rules),
        completions={
            c.RegisterPetition: Completion(asks=("petition",), complete=earlier),
            c.SeparatePetition: Completion(asks=(), complete=sent),
        },
        projections=[project],
        reactions=on,
        commands=[
            post(
                c.RegisterPetition,
                "/petitions",
                CLERKS,
                "id-check-failed too-many-representatives petition-finalized idempotency-conflict",
                status=201,
                reads=partial(registered, key),
            ),
            post(
                c.SeparatePetition,
                f"{path}/separate",
                CLERKS,
                f"{MOVED} role-conflict agency-unknown",
            ),
            post(c.ReplyPetition, f"{path}/reply", CLERKS, f"{MOVED} role-conflict"),
            post(c.RequestReview, f"{path}/review", PARTY, f"{MOVED} review-late"),
            post(c.DecideReview, f"{path}/review/decide", CLERKS, f"{MOVED} role-conflict"),
            post(c.FinalizePetition, f"{path}/finalize", CLERKS, f"{MOVED} role-conflict"),
            post(c.RecordPetitionSatisfaction, f"{path}/satisfaction", PARTY, MOVED),
        ],
        queries=[
            get("/petitions", find_petitions, (*CLERKS, *WATCHERS)),
            get("/me/petitions", find_my_petitions, PARTY),
            get(
                path,
                reading.get_petition,
                (*CLERKS, *PARTY),
                "not-found",
                name="GetPetition",
                stream="petition/{petition_id}",
            ),
        ],
    )
