"""Which rows of the pack become power items."""

from datetime import date

from sqlalchemy import Connection

from libs.contracts.exchange import PowerItem
from libs.contracts.vocabulary import AgencyCode, PowerItemCode, Resolver
from libs.statute.pack import Pack, Row
from services.exchange.power_item.commands import PublishPowerItem
from services.exchange.power_item.projection import find_codes


def differences(pack: Pack, tx: Connection) -> list[PublishPowerItem]:
    known = find_codes(tx)
    return [publication(row) for row in pack.tables["power_items"] if row["code"] not in known]


def publication(row: Row) -> PublishPowerItem:
    first, last = row.day("effective_from", date.min), row.day("effective_to", date.max)
    item = PowerItem(
        code=PowerItemCode(row["code"]),
        name_zh=row["name_zh"],
        type=row["type"],
        owners=tuple(map(Resolver, row.items("owners"))),
        delegated_to=tuple(map(AgencyCode, row.items("delegated_to"))),
        delegation_decision=row["delegation_decision"] or None,
        basis=row["basis"],
        version=row.number("version"),
        effective_from=None if first == date.min else first,
        effective_to=None if last == date.max else last,
        hearing_hint=row.items("hearing_hint"),
        may_seize=row.flag("may_seize"),
    )
    return PublishPowerItem(code=item.code, item=item)
