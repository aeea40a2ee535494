"""What may be asked of a petition.

What is `Completed` is filled in under the lock. Its default is the answer of someone who knows
nothing: with it, the rule says no.
"""

from datetime import datetime
from typing import TypeAlias

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.contracts.asking import CallingAgency, CallingPerson
from libs.events.core import fields as f
from libs.events.core.kernel import Command, Hidden, Record


class Earlier(Record):
    """A petition of the same petitioner in the same matter."""

    petition_id: v.PetitionId
    final: bool


class RegisterPetition(Command):
    """`persons` is how many it is of, `petitioners` those who come for them; `about_agency` whom it
    complains of. `earlier` are petitions of the same people in the same matter."""

    petition_id: v.PetitionId
    agency_code: v.AgencyCode
    kind: m.PetitionKind
    persons: int
    petitioners: tuple[v.SubjectRef, ...]
    matter_text: str
    matter_token: str
    about_agency: v.AgencyCode | None
    accusation: bool
    repeats: v.PetitionId | None
    at: datetime
    earlier: f.Completed[tuple[Earlier, ...] | None] = None


class SeparatePetition(Command):
    """`takes` says whether the receiver takes what this route sends."""

    petition_id: v.PetitionId
    route: m.PetitionRoute
    basis: f.Short
    to_agency: v.AgencyCode | None
    power_item_code: v.PowerItemCode | None
    agency_code: CallingAgency
    at: f.Now
    takes: f.Completed[bool] = False


class ReplyPetition(Command):
    """With facts and basis: by the clerk, or by the body to which it was handed."""

    petition_id: v.PetitionId
    opinion: f.Text | Hidden
    agency_code: CallingAgency
    at: f.Now
    handed: f.Internal[bool] = False


class RequestReview(Command):
    petition_id: v.PetitionId
    at: f.Now


class DecideReview(Command):
    petition_id: v.PetitionId
    result: m.ReviewResult
    opinion: f.Text
    agency_code: CallingAgency
    at: f.Now


class FinalizePetition(Command):
    petition_id: v.PetitionId
    agency_code: CallingAgency
    at: f.Now


class RecordPetitionSatisfaction(Command):
    petition_id: v.PetitionId
    rating: m.Satisfaction
    by: CallingPerson


PetitionCommand: TypeAlias = (
    RegisterPetition
    | SeparatePetition
    | ReplyPetition
    | RequestReview
    | DecideReview
    | FinalizePetition
    | RecordPetitionSatisfaction
)
