"""A subscription: the contract by which an agency receives what concerns it; from the pack (an id
for each row, so that a load is repeatable) or by hand."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Connection

from libs.contracts.exchange import Contract, DeliveryMode
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, Role, SubscriptionId
from libs.events.core.fields import CallContext
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Load, Stream
from libs.statute.pack import Pack, Row
from services.exchange.known import ReadAgencies
from services.exchange.subscription.commands import CreateSubscription
from services.exchange.subscription.completion import complete_creation
from services.exchange.subscription.projection import ContractRow, find_contracts, project
from services.exchange.subscription.rules import decider

CONTRACTS: Final = UUID("8f3c1f0a-5a1e-5f0e-9d4e-2b6f0a3c7d10")


def find_subscriptions(tx: Connection, caller: CallContext) -> Sequence[ContractRow]:
    """All of them; an agency sees its own."""
    own = caller.role == Role.AGENCY_HANDLER
    return find_contracts(tx, AgencyCode(caller.agency) if own else None)


def creation(row: Row, at: datetime) -> CreateSubscription:
    said = "|".join(row.values.values())
    return CreateSubscription(
        subscription_id=SubscriptionId(uuid5(CONTRACTS, said)),
        contract=Contract(
            agency_code=AgencyCode(row["agency_code"]),
            kinds=tuple(map(HandoffKindCode, row.items("kinds"))),
            mode=row.parsed(DeliveryMode, "mode"),
            endpoint=row["endpoint"] or None,
            secret_ref=row["secret_ref"] or None,
            field_allow_list=row.items("field_allow_list"),
            max_class=row["max_class"],
            purpose=row["purpose"],
            basis=row["basis"],
            valid_from=row.day("valid_from", date.min),
            valid_until=row.day("valid_until", date.max),
        ),
        at=at,
    )


def subscription(pack: Pack, clock: Callable[[], datetime], read_agencies: ReadAgencies) -> Stream:
    complete = partial(complete_creation, read_agencies)
    wanted = partial(creations, pack, clock)
    return Stream(
        name="subscription",
        decider=decider(pack.rules),
        completions={CreateSubscription: Completion(asks=("agency",), complete=complete)},
        projections=[project],
        loads=[Load(wanted=wanted, shown=ContractRow, once=True)],
        commands=[
            post(
                CreateSubscription,
                "/subscriptions",
                (Role.OPS, Role.AGENCY_HANDLER),
                "agency-unknown not-receiver subscription-too-long idempotency-conflict",
                status=201,
            )
        ],
        queries=[
            get(
                "/subscriptions",
                find_subscriptions,
                (Role.OPS, Role.SUPERVISOR, Role.AGENCY_HANDLER),
            )
        ],
    )


def creations(pack: Pack, clock: Callable[[], datetime]) -> Sequence[CreateSubscription]:
    now = clock()
    return [creation(row, now) for row in pack.tables["subscriptions"]]
