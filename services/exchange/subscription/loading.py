"""Which rows of the pack become contracts: one id for each row, so that a load is repeatable."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Connection

from libs.contracts.exchange import Contract, DeliveryMode
from libs.contracts.vocabulary import AgencyCode, HandoffKindCode, SubscriptionId
from libs.statute.pack import Pack, Row
from services.exchange.subscription.commands import CreateSubscription
from services.exchange.subscription.projection import read_subscription_ids

CONTRACTS: Final = UUID("8f3c1f0a-5a1e-5f0e-9d4e-2b6f0a3c7d10")


def differences(
    pack: Pack, clock: Callable[[], datetime], tx: Connection
) -> list[CreateSubscription]:
    known = read_subscription_ids(tx)
    wanted = [creation(row, clock()) for row in pack.tables["subscriptions"]]
    return [one for one in wanted if one.subscription_id not in known]


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
