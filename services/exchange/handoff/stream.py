"""A handoff: offered by a person or a service, answered by its receiver, ended by its sender."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import BaseModel

from libs.contracts.exchange import ClosedBecause
from libs.contracts.vocabulary import AgencyCode, HandoffId, Location, Media, Role
from libs.events.core.fields import Call
from libs.events.core.reactions import Reactions
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Code, Latitude, Longitude, Pictures, Text
from libs.events.store.log import Log
from libs.statute.rulebook import Rulebook
from services.exchange.handoff import commands as c
from services.exchange.handoff.completion import Receivers
from services.exchange.handoff.deadlines import DEADLINES
from services.exchange.handoff.projection.register import (
    find_group,
    find_of_source,
    find_sent,
    project,
)
from services.exchange.handoff.questions import (
    SENDERS,
    WATCHERS,
    find_handoffs,
    get_handoff,
)
from services.exchange.handoff.reactions import crediting, mediating, others
from services.exchange.handoff.reactions.mediating import OF_SOURCE
from services.exchange.handoff.reactions.others import GROUP
from services.exchange.handoff.rules.decider import decider
from services.exchange.known import FindAccess, FindDecision, FindTerms, ReadAgencies

RECEIVERS: Final = (
    Role.AGENCY_HANDLER,
    Role.EXT_POLICE,
    Role.EXT_PROCURATOR,
    Role.EXT_COURT,
    Role.EXT_LABOR_ARB,
)
OFFERERS: Final = (
    Role.AGENCY_HANDLER,
    Role.EXT_POLICE,
    Role.EXT_PROCURATOR,
    Role.EXT_COURT,
    Role.RECON_OFFICER,
)
READERS: Final = (*RECEIVERS, *WATCHERS, *SENDERS, Role.RECON_OFFICER)
HANDLER: Final = (Role.AGENCY_HANDLER,)
MOVED: Final = "not-found out-of-turn"
ANSWERED: Final = f"{MOVED} not-receiver"
# What the register and the contracts say changes what a handoff is completed with.
REGISTER: Final = ("agency", "subscription")
SHARES: Final = ("WARN", "ESCALATE1", "ESCALATE2", "ESCALATE3")


class Progress(BaseModel):
    progress_code: Code
    text: Text
    media: Pictures = ()
    lon: Longitude | None = None
    lat: Latitude | None = None


def progressed(handoff_id: HandoffId, body: Progress, call: Call) -> c.ProgressHandoff:
    """Where somebody works is said by two numbers, or not at all."""
    return c.ProgressHandoff(
        handoff_id=handoff_id,
        agency_code=AgencyCode(call.caller.agency),
        progress_code=body.progress_code,
        text=body.text,
        media=tuple(Media(**one.model_dump()) for one in body.media),
        location=Location(lon=body.lon, lat=body.lat) if body.lon is not None else None,
    )


COMMANDS: Final = (
    post(
        c.OfferHandoff,
        "/handoffs",
        OFFERERS,
        "not-found not-sender not-receiver agency-unknown agency-suspended schema-invalid "
        "payload-too-large contract-expired field-not-allowed idempotency-conflict "
        "outcome-invalid",
        status=201,
        sets={"person": True},
    ),
    post(c.SignHandoff, "/handoffs/{handoff_id}/sign", RECEIVERS, f"{ANSWERED} already-signed"),
    post(
        c.AcceptHandoff,
        "/handoffs/{handoff_id}/accept",
        (Role.AGENCY_HANDLER, Role.EXT_COURT),
        f"{ANSWERED} kind-without-acceptance",
    ),
    post(
        c.ReturnHandoff,
        "/handoffs/{handoff_id}/return",
        HANDLER,
        f"{ANSWERED} not-returnable return-reason-invalid return-reason-incomplete "
        "return-too-late return-limit",
    ),
    post(
        c.ProgressHandoff,
        "/handoffs/{handoff_id}/progress",
        HANDLER,
        f"{ANSWERED} outcome-invalid",
        reads=progressed,
    ),
    post(
        c.FeedBackHandoff,
        "/handoffs/{handoff_id}/feedback",
        RECEIVERS,
        f"{ANSWERED} outcome-invalid feedback-incomplete",
    ),
    post(
        c.ArbitrateHandoff,
        "/handoffs/{handoff_id}/arbitrate",
        (Role.SUPERVISOR,),
        f"{MOVED} arbitration-not-due agency-suspended",
    ),
    post(
        c.ConfirmHandoff,
        "/handoffs/{handoff_id}/confirm",
        (Role.AGENCY_HANDLER, Role.RECON_OFFICER),
        f"{MOVED} not-sender",
    ),
    post(
        c.CloseHandoff,
        "/handoffs/{handoff_id}/close",
        HANDLER,
        f"{MOVED} not-sender",
        sets={"closed_because": ClosedBecause.WITHDRAWN},
    ),
)


def asks_of_offer(command: c.OfferHandoff, handoff: object) -> Sequence[str]:
    """What is open to whoever offers is asked of people only."""
    return (*REGISTER, "handoff") if command.person else REGISTER


def shares_of(rules: Rulebook) -> Callable[[datetime, datetime, str, str], Sequence[datetime]]:
    """When each share of a clock has run, in office hours where its rule counts in them."""

    def shares(start: datetime, due: datetime, rule: str, sla_class: str) -> Sequence[datetime]:
        working, on = rules.in_office_hours(rule, start, sla_class), rules.day(start)
        limits = [rules.in_force(f"EXC.OVERDUE.{one}", on).value for one in SHARES]
        return rules.shares_at(start, due, limits, in_office_hours=working)

    return shares


def handoff(
    rules: Rulebook,
    log: Log,
    read_agencies: ReadAgencies,
    find_terms: FindTerms,
    find_access: FindAccess,
    find_decision: FindDecision,
) -> Stream:
    receivers = Receivers(rules, read_agencies, find_terms)
    offered = partial(receivers.offered, find_access, find_decision, find_sent)
    redirected = Completion(asks=REGISTER, complete=receivers.redirected)
    return Stream(
        name="handoff",
        decider=decider(rules),
        completions={
            c.OfferHandoff: Completion(asks=asks_of_offer, complete=offered),
            c.ReassignHandoff: redirected,
            c.ArbitrateHandoff: redirected,
            c.DeliverHandoff: Completion(asks=REGISTER, complete=receivers.delivered),
        },
        indexes={
            GROUP: Index(find=find_group, asks=("handoff",)),
            OF_SOURCE: Index(find=find_of_source, asks=("handoff",)),
        },
        projections=[project(shares_of(rules))],
        reactions=Reactions(others.on, crediting.on, mediating.on),
        deadlines=DEADLINES,
        commands=COMMANDS,
        queries=[
            get("/handoffs", find_handoffs, READERS),
            get(
                "/handoffs/{handoff_id}",
                partial(get_handoff, log, find_terms, rules.day),
                READERS,
                "not-found",
                name="GetHandoff",
                stream="handoff/{handoff_id}",
            ),
        ],
    )
