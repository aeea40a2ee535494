"""An officer's certificate: from the pack or by hand, whose holds and until when."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from sqlalchemy import Connection

from libs.contracts.oversight import OfficerCertified
from libs.contracts.vocabulary import AgencyCode, CertificateNo, PersonId, Role
from libs.events.declaring.offers import Offer, Question
from libs.events.declaring.rows import KEY, latest
from libs.events.declaring.rows import Row as TableRow
from libs.events.declaring.stream import Load, Stream
from libs.statute.pack import Pack, Row
from services.oversight.officer.commands import CertifyOfficer
from services.oversight.officer.rules import DECIDER


class OfficerRow(TableRow, table="officers"):
    officer_id: Annotated[str, KEY]
    certificate_no: str
    domains: tuple[str, ...]
    agency_code: str
    valid_until: date


def find_officers(tx: Connection) -> Sequence[OfficerRow]:
    return OfficerRow.all(tx)


def certification(row: Row) -> CertifyOfficer:
    return CertifyOfficer(
        officer_id=PersonId(row["officer_id"]),
        certificate_no=CertificateNo(row["certificate_no"]),
        domains=row.items("domains"),
        agency_code=AgencyCode(row["agency_code"]),
        valid_until=row.day("valid_until", date.max),
    )


def officer(pack: Pack) -> Stream:
    by = (Role.SUPERVISOR, Role.OPS)
    return Stream(
        name="officer",
        decider=DECIDER,
        projections=[latest(OfficerRow, OfficerCertified)],
        loads=[Load(wanted=lambda: [*map(certification, pack.tables["officers"])],
                    shown=OfficerRow)],
        offers=[Offer(command=CertifyOfficer, route="POST /officers", by=by)],
        questions=[Question(route="GET /officers", ask=find_officers, by=by)],
    )  # fmt: skip
