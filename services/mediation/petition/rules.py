"""The rules of a petition: registered once, sent where it belongs, answered in time, looked at
twice again if the petitioner wants, and then final.

Source: 信访工作条例 17, 20, 22-23, 28, 30-36; docs/domain/mediation.md.
"""

from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias, assert_never

from libs.contracts import mediation as m
from libs.contracts.vocabulary import AgencyCode, PetitionNo, Role
from libs.events.core.deciders import Nothing, build_decider
from libs.events.core.kernel import (
    NEXT,
    Command,
    Context,
    Decider,
    Hidden,
    NotFound,
    Refused,
    State,
)
from libs.statute.rulebook import Rulebook
from services.mediation.petition.commands import (
    DecideReview,
    FinalizePetition,
    PetitionCommand,
    RecordPetitionSatisfaction,
    RegisterPetition,
    ReplyPetition,
    RequestReview,
    SeparatePetition,
)

NOTIFY: Final = "PET.NOTIFY"
HANDLE: Final = "PET.HANDLE"
REPRESENTATIVES: Final = "PET.REPS.MAX"
REQUEST: Final = {
    m.ReviewStage.REVIEW: "PET.REVIEW_REQ",
    m.ReviewStage.RECHECK: "PET.RECHECK_REQ",
}
ANSWER: Final = {m.ReviewStage.REVIEW: "PET.REVIEW", m.ReviewStage.RECHECK: "PET.RECHECK"}
# These routes leave the petition office for another body; the others are the petitioner's own way.
SENT: Final = frozenset(
    {m.PetitionRoute.ADMIN_PROCEDURE, m.PetitionRoute.DUTY, m.PetitionRoute.PETITION_OPINION}
)


class Stage(StrEnum):
    REGISTERED = "REGISTERED"
    SEPARATED = "SEPARATED"
    REPLIED = "REPLIED"
    REVIEWING = "REVIEWING"
    RECHECKING = "RECHECKING"
    FINAL = "FINAL"


class Petition(State):
    registered: m.PetitionRegistered
    stage: Stage = Stage.REGISTERED
    separated: m.PetitionSeparated | None = None
    replied: m.PetitionReplied | None = None
    requested: m.PetitionReviewRequested | None = None
    decided: m.PetitionReviewDecided | None = None
    finalized: m.PetitionFinalized | None = None
    rating: m.Satisfaction | None = None

    @property
    def review_until(self) -> date | None:
        """Until when the next look may be asked for."""
        if self.decided is not None:
            return self.decided.review_until
        return None if self.replied is None else self.replied.review_until


AnyPetition: TypeAlias = Nothing | Petition


def decide(
    rules: Rulebook, command: PetitionCommand, petition: AnyPetition
) -> list[m.PetitionEvent]:
    if isinstance(petition, Nothing):
        if isinstance(command, RegisterPetition):
            return [register(rules, command)]
        raise NotFound("There is no petition {petition_id}", petition_id=command.petition_id)
    match command:
        case RegisterPetition():
            return again(command, petition)
        case SeparatePetition():
            return separate(rules, command, petition)
        case ReplyPetition():
            return reply(rules, command, petition)
        case RequestReview():
            return request(rules, command, petition)
        case DecideReview():
            return review(rules, command, petition)
        case FinalizePetition():
            return finalize(rules, command, petition)
        case RecordPetitionSatisfaction():
            return rate(command, petition)
        case _:
            assert_never(command)


def register(rules: Rulebook, command: RegisterPetition) -> m.PetitionRegistered:
    most = rules.limit(REPRESENTATIVES, command.at)
    if len(command.petitioners) > most:
        raise Refused(
            "too-many-representatives",
            "At most {most} come for all of them: {count} are named",
            most=most,
            count=len(command.petitioners),
            field="petitioners",
            basis="信访工作条例 20",
        )
    earlier = command.earlier
    if earlier is None or any(one.final for one in earlier):
        raise Refused(
            "petition-finalized",
            "The same facts and reasons were looked at to the end: they are not taken in again",
            basis="信访工作条例 36(3)",
        )
    today = rules.day(command.at)
    return m.PetitionRegistered(
        petition_id=command.petition_id,
        petition_no=PetitionNo(NEXT),
        agency_code=command.agency_code,
        kind=command.kind,
        persons=command.persons,
        petitioners=command.petitioners,
        matter=command.matter_text,
        matter_token=command.matter_token,
        about_agency=command.about_agency,
        accusation=command.accusation,
        repeats=earlier[-1].petition_id if earlier else None,
        registered_on=today,
        notify_due_on=rules.last_day(NOTIFY, today),
        reply_due_on=rules.last_day(HANDLE, today),
        rule_codes=(NOTIFY, HANDLE),
        rule_pack_version=rules.version,
    )


def again(command: RegisterPetition, petition: Petition) -> list[m.PetitionEvent]:
    known = petition.registered
    same_text = known.matter in (command.matter_text, Hidden.ERASED, Hidden.WITHHELD)
    if (known.agency_code, known.kind, known.persons) != (
        command.agency_code, command.kind, command.persons
    ) or not same_text:  # fmt: skip
        raise Refused("idempotency-conflict", "This id already names another petition")
    return []


def out_of_turn(command: Command, petition: Petition) -> Refused:
    return Refused(
        "out-of-turn",
        "{asked} does not apply to a petition in the state {stage}",
        asked=type(command).__name__,
        stage=petition.stage,
    )


def require_unconcerned(agency: AgencyCode, petition: Petition) -> None:
    """Nobody decides on a petition about itself: 信访工作条例 28(3)."""
    if agency == petition.registered.about_agency:
        raise Refused(
            "role-conflict",
            "The petition is about {agency}: somebody else deals with it",
            agency=agency,
            basis="信访工作条例 28(3)",
        )


def separate(
    rules: Rulebook, command: SeparatePetition, petition: Petition
) -> list[m.PetitionEvent]:
    """To where it belongs; once more, where the receiver has given it back as not its own."""
    known = petition.separated
    said = (command.route, command.to_agency, command.basis)
    if known is not None and (known.route, known.to_agency, known.basis) == said:
        return []
    if petition.stage not in (Stage.REGISTERED, Stage.SEPARATED):
        raise out_of_turn(command, petition)
    require_unconcerned(command.agency_code, petition)
    registered = petition.registered
    sent = command.route in SENT
    if registered.accusation and command.to_agency == registered.about_agency is not None:
        raise Refused(
            "role-conflict",
            "What somebody is accused of is never sent to whoever is accused",
            field="to_agency",
            basis="信访工作条例 30(3)",
        )
    if sent and (command.to_agency is None or not command.takes):
        raise Refused(
            "agency-unknown",
            "Name the body that is responsible: {to_agency} takes nothing on this route",
            to_agency=command.to_agency,
            field="to_agency",
        )
    return [
        m.PetitionSeparated(
            petition_id=command.petition_id,
            petition_no=registered.petition_no,
            agency_code=registered.agency_code,
            route=command.route,
            basis=command.basis,
            matter=registered.matter,
            petitioners=registered.petitioners,
            to_agency=command.to_agency if sent else None,
            power_item_code=command.power_item_code if sent else None,
            on=rules.day(command.at),
        )
    ]


def reply(rules: Rulebook, command: ReplyPetition, petition: Petition) -> list[m.PetitionEvent]:
    known = petition.replied
    said = (command.opinion, Hidden.ERASED, Hidden.WITHHELD)
    if known and known.by_agency == command.agency_code and known.opinion in said:
        return []
    if petition.stage is not Stage.SEPARATED:
        raise out_of_turn(command, petition)
    if not command.handed:
        require_unconcerned(command.agency_code, petition)
    today = rules.day(command.at)
    code = REQUEST[m.ReviewStage.REVIEW]
    return [
        m.PetitionReplied(
            petition_id=command.petition_id,
            opinion=command.opinion,
            by_agency=command.agency_code,
            on=today,
            on_time=today <= petition.registered.reply_due_on,
            review_until=rules.last_day(code, today),
            rule_code=code,
            rule_pack_version=rules.version,
        )
    ]


def next_stage(petition: Petition) -> m.ReviewStage | None:
    if petition.decided is None:
        return m.ReviewStage.REVIEW
    done = petition.decided.stage is m.ReviewStage.RECHECK
    return None if done else m.ReviewStage.RECHECK


def request(rules: Rulebook, command: RequestReview, petition: Petition) -> list[m.PetitionEvent]:
    if petition.stage in (Stage.REVIEWING, Stage.RECHECKING):
        return []
    stage, until = next_stage(petition), petition.review_until
    if petition.stage is not Stage.REPLIED or stage is None or until is None:
        raise out_of_turn(command, petition)
    today = rules.day(command.at)
    if today > until:
        raise Refused(
            "review-late",
            "It could be asked for until {until}",
            until=until,
            basis="信访工作条例 35, 36",
        )
    code = ANSWER[stage]
    return [
        m.PetitionReviewRequested(
            petition_id=command.petition_id,
            stage=stage,
            on=today,
            due_on=rules.last_day(code, today),
            rule_code=code,
            rule_pack_version=rules.version,
        )
    ]


def review(rules: Rulebook, command: DecideReview, petition: Petition) -> list[m.PetitionEvent]:
    """By a body above: never by the one whose answer it is."""
    requested, replied = petition.requested, petition.replied
    if petition.stage not in (Stage.REVIEWING, Stage.RECHECKING) or requested is None:
        known = petition.decided
        if known is not None and (known.result, known.by_agency) == (
            command.result, command.agency_code
        ) and known.opinion in (command.opinion, Hidden.ERASED, Hidden.WITHHELD):  # fmt: skip
            return []
        raise out_of_turn(command, petition)
    require_unconcerned(command.agency_code, petition)
    before = {None if replied is None else replied.by_agency}
    if petition.decided is not None:
        before.add(petition.decided.by_agency)
    if command.agency_code in before:
        raise Refused(
            "role-conflict",
            "{agency} has answered it already: the body above looks at it",
            agency=command.agency_code,
            basis="信访工作条例 35",
        )
    today = rules.day(command.at)
    first = requested.stage is m.ReviewStage.REVIEW
    code = REQUEST[m.ReviewStage.RECHECK] if first else None
    return [
        m.PetitionReviewDecided(
            petition_id=command.petition_id,
            stage=requested.stage,
            result=command.result,
            opinion=command.opinion,
            by_agency=command.agency_code,
            on=today,
            on_time=today <= requested.due_on,
            review_until=None if code is None else rules.last_day(code, today),
            rule_code=code,
            rule_pack_version=rules.version,
        )
    ]


def finalize(
    rules: Rulebook, command: FinalizePetition, petition: Petition
) -> list[m.PetitionEvent]:
    if petition.stage is Stage.FINAL:
        return []
    require_unconcerned(command.agency_code, petition)
    today, separated = rules.day(command.at), petition.separated
    if petition.stage is Stage.SEPARATED and separated is not None and separated.route not in SENT:
        reason = m.FinalBecause.OUTSIDE_PETITION
    elif petition.stage is Stage.REPLIED and next_stage(petition) is None:
        reason = m.FinalBecause.RECHECKED
    elif (
        petition.stage is Stage.REPLIED
        and petition.review_until is not None
        and today > petition.review_until
    ):
        reason = m.FinalBecause.TERM_OVER
    else:
        raise Refused(
            "out-of-turn",
            "It is final when it was looked at twice again, when nobody has asked for that in time "
            "({until}), or when it belongs elsewhere: it is {stage}",
            until=petition.review_until,
            stage=petition.stage,
        )
    return [m.PetitionFinalized(petition_id=command.petition_id, reason=reason, on=today)]


def rate(command: RecordPetitionSatisfaction, petition: Petition) -> list[m.PetitionEvent]:
    if petition.rating is command.rating:
        return []
    if petition.stage not in (Stage.REPLIED, Stage.FINAL):
        raise out_of_turn(command, petition)
    return [m.PetitionSatisfactionRecorded(petition_id=command.petition_id, rating=command.rating)]


def evolve(petition: AnyPetition, event: m.PetitionEvent) -> Petition:
    match petition, event:
        case Nothing(), m.PetitionRegistered():
            return Petition(registered=event)
        case Petition(), m.PetitionSeparated():
            return replace(petition, stage=Stage.SEPARATED, separated=event)
        case Petition(), m.PetitionReplied():
            return replace(petition, stage=Stage.REPLIED, replied=event)
        case Petition(), m.PetitionReviewRequested(stage=m.ReviewStage.REVIEW):
            return replace(petition, stage=Stage.REVIEWING, requested=event)
        case Petition(), m.PetitionReviewRequested():
            return replace(petition, stage=Stage.RECHECKING, requested=event)
        case Petition(), m.PetitionReviewDecided():
            return replace(petition, stage=Stage.REPLIED, decided=event)
        case Petition(), m.PetitionFinalized():
            return replace(petition, stage=Stage.FINAL, finalized=event)
        case Petition(), m.PetitionSatisfactionRecorded():
            return replace(petition, rating=event.rating)
        case _:
            raise AssertionError(f"{event.event_type} cannot follow {petition}")


def owned(petition: AnyPetition, caller: Context) -> bool:
    """A petitioner's own. Any petition office may deal with it: the body above is another one."""
    if not isinstance(petition, Petition):
        return False
    if caller.role != Role.PARTY:
        return True
    petitioners = petition.registered.petitioners
    if isinstance(petitioners, Hidden):
        return False
    return caller.actor in {str(one.subject_id) for one in petitioners}


def decider(rules: Rulebook) -> Decider[PetitionCommand, AnyPetition, m.PetitionEvent]:
    return build_decider(
        "petition",
        decide,
        evolve,
        rules,
        key="petition_id",
        owned=owned,
        opens=(RegisterPetition,),
    )
