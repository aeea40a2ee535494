"""An officer's certificate: from the pack or by hand, whose holds and until when."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts.oversight import OfficerCertified
from libs.contracts.vocabulary import AgencyCode, CertificateNo, PersonId, Role
from libs.events.declaring.projections import latest
from libs.events.declaring.routes import get, post
from libs.events.declaring.rows import KEY, Row
from libs.events.declaring.stream import Load, Stream
from libs.statute.pack import Pack
from libs.statute.pack import Row as PackRow
from services.oversight.officer.commands import CertifyOfficer
from services.oversight.officer.rules import DECIDER

WATCHERS = (Role.SUPERVISOR, Role.OPS)


class OfficerRow(Row, table="officers"):
    officer_id: Annotated[str, KEY]
    certificate_no: str
    domains: tuple[str, ...]
    agency_code: str
    valid_until: date


def find_officers(tx: Connection) -> Sequence[OfficerRow]:
    return OfficerRow.all(tx)


def certification(row: PackRow) -> CertifyOfficer:
    return CertifyOfficer(
        officer_id=PersonId(row["officer_id"]),
        certificate_no=CertificateNo(row["certificate_no"]),
        domains=row.items("domains"),
        agency_code=AgencyCode(row["agency_code"]),
        valid_until=row.day("valid_until", date.max),
    )


def officer(pack: Pack) -> Stream:
    rows = pack.tables["officers"]
    return Stream(
        name="officer",
        decider=DECIDER,
        projections=[latest(OfficerRow, OfficerCertified)],
        loads=[Load(wanted=lambda: [*map(certification, rows)], shown=OfficerRow)],
        commands=[post(CertifyOfficer, "/officers", WATCHERS)],
        queries=[get("/officers", find_officers, WATCHERS)],
    )
