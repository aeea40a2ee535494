"""Which rows of the pack become agencies."""

from collections.abc import Callable

from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode, TerritoryCode
from libs.statute.pack import Pack
from services.exchange.agency.commands import RegisterAgency
from services.exchange.agency.projection import Agencies


def differences(
    pack: Pack, read_agencies: Callable[[Connection], Agencies], tx: Connection
) -> list[RegisterAgency]:
    known = read_agencies(tx)
    return [
        RegisterAgency(
            agency_code=AgencyCode(row["code"]),
            name_zh=row["name_zh"],
            kind=row["kind"],
            territory=TerritoryCode(row["territory"]),
            rule_family=row["rule_family"],
            superior=row["superior"] or None,
        )
        for row in pack.tables["agencies"]
        if not row["code"].startswith("@") and not known.known(AgencyCode(row["code"]))
    ]
