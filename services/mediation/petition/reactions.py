"""A petition is answered when the body to which it was handed has answered."""

from typing import Final

from libs.contracts import exchange
from libs.contracts import vocabulary as v
from libs.contracts.sources import key_of
from libs.events.core.kernel import Envelope
from libs.events.core.reactions import Reactions
from services.mediation.petition.commands import ReplyPetition

OURS: Final = "mediation/petition"

on = Reactions[ReplyPetition]()
react = on.react


def of_petition(fact: Envelope[exchange.HandoffFedBack]) -> bool:
    """PETITION"""
    return fact.data.kind == v.Kind.PETITION and key_of(fact.data.source_ref, OURS) is not None


@on(when=of_petition)
def answered(fact: Envelope[exchange.HandoffFedBack]) -> ReplyPetition:
    key = key_of(fact.data.source_ref, OURS)
    assert key is not None, "asked about a petition of ours only"
    return ReplyPetition(
        petition_id=v.PetitionId(key),
        opinion=fact.data.text,
        agency_code=fact.data.agency_code,
        at=fact.happened,
        handed=True,
    )
