"""Fields of commands that no body says: whose agency asks, which person, which officers signed.

Source of the officers: 行政处罚法 42; docs/domain/enforcement.md.
"""

from typing import Annotated, Final, TypeAlias

from libs.contracts.vocabulary import AgencyCode, DecisionNo, PersonId, Role
from libs.events.core.fields import ACTOR, AGENCY, Call, Limits, Parse, Signatures, Source
from libs.events.core.kernel import Context
from libs.statute.numbering import document_number


def officers_of(caller: Context, signatures: Signatures) -> tuple[PersonId, ...]:
    """The caller, if an officer, and the colleagues who have signed for the same agency."""
    named = [PersonId(caller.actor)] if caller.role == Role.OFFICER else []
    named += [
        PersonId(one.actor)
        for one in signatures.colleagues
        if one.role == Role.OFFICER and one.agency == caller.agency
    ]
    return tuple(named)


def head_of(caller: Context, signatures: Signatures) -> PersonId | None:
    """The head of the caller's agency, if it has signed."""
    head = signatures.head
    if head is None or head.role != Role.AGENCY_HEAD or head.agency != caller.agency:
        return None
    return PersonId(head.actor)


def second_of(caller: Context, signatures: Signatures) -> PersonId | None:
    """Who has signed beside the caller: another person, of the same agency and role."""
    for one in signatures.colleagues:
        same = (one.role, one.agency) == (caller.role, caller.agency)
        if same and one.actor != caller.actor:
            return PersonId(one.actor)
    return None


# Those whose duty is the whole district: what a party has to its name is of all agencies.
WATCHERS: Final = (Role.SUPERVISOR, Role.OPS, Role.CREDIT_OFFICER)


def watched(call: Call) -> AgencyCode | None:
    caller = call.caller
    return None if caller.role in WATCHERS else AgencyCode(caller.agency)


OFFICERS: Final = Source(
    name="the officers who signed",
    take=lambda call: officers_of(call.caller, call.signatures),
    signed=True,
)
HEAD: Final = Source(
    name="the head, if it signed",
    take=lambda call: head_of(call.caller, call.signatures),
    signed=True,
)
SECOND: Final = Source(
    name="a second person of the same agency and role, if one signed",
    take=lambda call: second_of(call.caller, call.signatures),
    signed=True,
)
WATCHED: Final = Source(name="the caller's agency, or any for those who watch all", take=watched)

Watched: TypeAlias = Annotated[AgencyCode | None, WATCHED]
CallingAgency: TypeAlias = Annotated[AgencyCode, AGENCY]
SecondPerson: TypeAlias = Annotated[PersonId | None, SECOND]
CallingPerson: TypeAlias = Annotated[PersonId, ACTOR]


def canonical(text: str) -> DecisionNo:
    """Raises `Unnumbered`, a ValueError: the request is malformed."""
    return DecisionNo(str(document_number(text)))


# A decision's number as it enters, in whatever style it is written.
Numbered: TypeAlias = Annotated[
    DecisionNo, Limits(max_length=100, pattern=r"^[^\x00]*$"), Parse(parse=canonical)
]
