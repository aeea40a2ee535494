"""Every step of a dispute over HTTP: by whom, and what it may be refused for."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, Field

from libs.contracts import mediation as m
from libs.contracts import vocabulary as v
from libs.edge.parties import PartyBody, subject_ref
from libs.events.core.fields import Call
from libs.events.core.kernel import Command
from libs.events.declaring.routes import CommandRoute, Tokens, post
from libs.events.http.bodies import Code, Digest, Instant, Latitude, Longitude, Short, Text
from services.mediation.dispute import commands as c

MEDIATOR: Final = (v.Role.MEDIATOR,)
MANAGER: Final = (v.Role.MEDIATION_MANAGER,)
CENTRE: Final = (*MANAGER, *MEDIATOR)
MOVED: Final = "not-found out-of-turn"
PATH: Final = "/disputes/{dispute_id}"
PARTIES: Final = "party-required guardian-required id-check-failed"


class PartyNamed(PartyBody):
    """A party, on which side; of a minor the guardian too."""

    role: m.PartyRole
    guardian: PartyBody | None = None


class Place(BaseModel):
    lon: Longitude | None = None
    lat: Latitude | None = None
    cell_code: Code | None = None
    address_text: Short | None = None


Prepare = Callable[[Any], Command]
Named = Annotated[tuple[PartyNamed, ...], Field(max_length=50)]
Money = Annotated[int, Field(strict=True, ge=1, le=10**14)]
Number = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class Receiving(BaseModel):
    """`applied_at` is when the party came, where that was before it is written down here."""

    dispute_id: v.DisputeId
    channel: m.DisputeChannel
    matter: Code | None = None
    parties: Named
    category: Code
    facts: Text
    amount_fen: Money | None = None
    location: Place | None = None
    applied_at: Instant | None = None
    mediation_only: bool = False


class Triaging(BaseModel):
    """`joined` are those who were not named yet: the other side, mostly."""

    type: m.MediationType
    court_stage: m.CourtStage | None = None
    risk_level: m.RiskLevel
    level: m.Level
    first_receiver: Code | None = None
    joined: Named = ()


class Claim(BaseModel):
    workers: Number
    months: Number
    amount_fen: Annotated[int, Field(strict=True, ge=0, le=10**14)]
    employer: PartyBody | None = None
    general_contractor: PartyBody | None = None


class Application(Tokens):
    """A party asks with the tokens of the others (`co_signatures`); a mediator with their signed
    application, stored beforehand, and who has signed it."""

    handoff_id: v.HandoffId
    court: Code
    application_hash: Digest | None = None
    applicants: Annotated[tuple[UUID, ...], Field(max_length=50)] = ()


def named(key: bytes, one: PartyNamed, call: Call) -> m.DisputeParty:
    """The number goes no further than this: it becomes a token."""
    today = call.day(call.caller.at)
    guardian = None if one.guardian is None else subject_ref(one.guardian, key, today)
    return m.DisputeParty(
        subject_ref=subject_ref(one, key, today), role=one.role, name=one.name, guardian=guardian
    )


def received(key: bytes, body: Receiving, call: Call) -> c.ReceiveDispute:
    caller = call.caller
    place = None
    if body.location is not None:
        said = body.location.model_dump()
        cell = said.pop("cell_code")
        place = v.Location(**said, cell_code=v.CellCode(cell) if cell else None)
    return c.ReceiveDispute(
        dispute_id=body.dispute_id,
        agency_code=v.AgencyCode(caller.agency),
        channel=body.channel,
        source_ref=None,
        handoff_id=None,
        parties=tuple(named(key, one, call) for one in body.parties),
        category=v.DisputeCategory(body.category),
        facts=body.facts,
        amount_fen=body.amount_fen,
        location=place,
        applied_at=body.applied_at or caller.at,
        first_receiver=v.PersonId(caller.actor),
        mediation_only=body.mediation_only,
        at=caller.at,
        matter=v.Matter(body.matter) if body.matter else None,
        person=True,
    )


def triaged(key: bytes, dispute_id: v.DisputeId, body: Triaging, call: Call) -> c.TriageDispute:
    return c.TriageDispute(
        dispute_id=dispute_id,
        type=body.type,
        court_stage=body.court_stage,
        risk_level=body.risk_level,
        level=body.level,
        first_receiver=v.PersonId(body.first_receiver or call.caller.actor),
        joined=tuple(named(key, one, call) for one in body.joined),
        at=call.caller.at,
    )


def verified(key: bytes, dispute_id: v.DisputeId, body: Claim, call: Call) -> c.VerifyWageClaim:
    today = call.day(call.caller.at)

    def ref(one: PartyBody | None) -> v.SubjectRef | None:
        return None if one is None else subject_ref(one, key, today)

    return c.VerifyWageClaim(
        dispute_id=dispute_id,
        workers=body.workers,
        months=body.months,
        amount_fen=body.amount_fen,
        employer=ref(body.employer),
        general_contractor=ref(body.general_contractor),
        at=call.caller.at,
    )


def applied(dispute_id: v.DisputeId, body: Application, call: Call) -> c.ApplyJudicialConfirmation:
    """Who has signed: the caller and colleagues who are parties; or whose signatures the paper
    bears that the mediator has stored."""
    caller = call.caller
    signed = [caller.actor] if caller.role == v.Role.PARTY else []
    signed += [one.actor for one in call.signatures.colleagues if one.role == v.Role.PARTY]
    if caller.role == v.Role.MEDIATOR and body.application_hash is not None:
        signed += map(str, body.applicants)
    return c.ApplyJudicialConfirmation(
        dispute_id=dispute_id,
        handoff_id=body.handoff_id,
        court=v.AgencyCode(body.court),
        applicants=tuple(signed),
        application_hash=body.application_hash,
        at=caller.at,
    )


def commands(key: bytes, stored: Prepare) -> list[CommandRoute]:
    return [*managing(key), *mediating(stored), *helping(key, stored)]


def managing(key: bytes) -> list[CommandRoute]:
    return [
        post(
            c.ReceiveDispute, "/disputes", CENTRE, f"not-found {PARTIES} idempotency-conflict",
            status=201, reads=partial(received, key),
        ),
        post(
            c.TriageDispute, f"{PATH}/triage", MANAGER,
            f"{MOVED} {PARTIES}",
            reads=partial(triaged, key),
        ),
        post(
            c.DivertDispute, f"{PATH}/divert", MANAGER,
            f"{MOVED} reason-not-listed agency-unknown guidance-required",
        ),
        post(
            c.RecordConsent, f"{PATH}/consents", (*MANAGER, v.Role.PARTY),
            f"{MOVED} role-not-allowed",
        ),
        post(c.AcceptMediation, f"{PATH}/accept", MANAGER, f"{MOVED} consent-required"),
        post(c.DeclineMediation, f"{PATH}/decline", MANAGER, MOVED),
        post(c.AssignMediator, f"{PATH}/mediators", MANAGER, f"{MOVED} mediator-conflict"),
        post(c.RecuseMediator, f"{PATH}/mediators/recuse", MANAGER, MOVED),
        post(
            c.ConveneJointMediation, f"{PATH}/joint", MANAGER,
            f"{MOVED} joint-lead-missing idempotency-conflict",
        ),
        post(
            c.AssignLeadOfficial, f"{PATH}/official", MANAGER, f"{MOVED} lead-official-unneeded"
        ),
        post(c.ListForSupervision, f"{PATH}/list", MANAGER, f"{MOVED} listing-unneeded"),
        post(c.DelistDispute, f"{PATH}/delist", MANAGER, MOVED),
        post(c.EscalateLevel, f"{PATH}/escalate", MANAGER, MOVED),
        post(c.RaiseRiskAlert, f"{PATH}/alerts", CENTRE, MOVED),
    ]  # fmt: skip


def mediating(stored: Prepare) -> list[CommandRoute]:
    return [
        post(
            c.ScheduleSession, f"{PATH}/sessions/schedule", MEDIATOR, f"{MOVED} consent-required"
        ),
        post(
            c.HoldSession, f"{PATH}/sessions", MEDIATOR,
            f"{MOVED} consent-required record-incomplete", prepares=stored,
        ),
        post(c.PauseMediation, f"{PATH}/pause", MEDIATOR, MOVED),
        post(c.ResumeMediation, f"{PATH}/resume", CENTRE, MOVED),
        post(c.ExtendMediation, f"{PATH}/extend", MEDIATOR, f"{MOVED} extension-limit"),
        post(
            c.RecordAgreement, f"{PATH}/agreement", MEDIATOR,
            f"{MOVED} consent-required not-mediable agreement-incomplete",
        ),
        post(
            c.SignAgreement, f"{PATH}/agreement/sign", MEDIATOR,
            f"{MOVED} agreement-incomplete record-incomplete", prepares=stored,
        ),
        post(
            c.ApplyJudicialConfirmation, f"{PATH}/confirmation", (v.Role.PARTY, *MEDIATOR),
            f"{MOVED} signature-invalid confirmation-joint record-incomplete confirmation-late "
            "confirmation-excluded agency-unknown",
            reads=applied, prepares=stored,
        ),
        post(
            c.RecordPerformance, f"{PATH}/performance", (*MEDIATOR, v.Role.PARTY),
            f"{MOVED} role-not-allowed record-incomplete", prepares=stored,
        ),
        post(
            c.RecordBreach, f"{PATH}/breach", MEDIATOR,
            f"{MOVED} breach-too-early record-incomplete",
        ),
        post(c.FailMediation, f"{PATH}/fail", MEDIATOR, MOVED),
        post(c.TerminateMediation, f"{PATH}/terminate", CENTRE, MOVED),
        post(c.IssueGuidance, f"{PATH}/guidance", CENTRE, MOVED),
        post(c.RecordFollowUp, f"{PATH}/follow-up", CENTRE, MOVED),
        post(
            c.CloseDispute, f"{PATH}/close", MANAGER, f"{MOVED} guidance-required file-incomplete"
        ),
        post(c.ReopenDispute, f"{PATH}/reopen", MANAGER, f"{MOVED} reopen-window-closed"),
    ]  # fmt: skip


def helping(key: bytes, stored: Prepare) -> list[CommandRoute]:
    return [
        post(c.ReferLegalAid, f"{PATH}/legal-aid", CENTRE, f"{MOVED} agency-unknown"),
        post(
            c.VerifyWageClaim, f"{PATH}/wages/claim", MEDIATOR,
            f"{MOVED} claim-incomplete id-check-failed", reads=partial(verified, key),
        ),
        post(
            c.RecordWagePayment, f"{PATH}/wages/payments", MEDIATOR,
            f"{MOVED} claim-incomplete record-incomplete idempotency-conflict", prepares=stored,
        ),
    ]  # fmt: skip
