"""Which rows of the pack become certificates."""

from datetime import date

from sqlalchemy import Connection

from libs.contracts.vocabulary import AgencyCode, CertificateNo, PersonId
from libs.statute.pack import Pack, Row
from services.oversight.officer.commands import CertifyOfficer
from services.oversight.officer.projection import find_officers


def differences(pack: Pack, tx: Connection) -> list[CertifyOfficer]:
    known = {row.officer_id: row for row in find_officers(tx)}
    wanted = [certification(row) for row in pack.tables["officers"]]
    return [
        one
        for one in wanted
        if (row := known.get(one.officer_id)) is None
        or (row.certificate_no, row.valid_until) != (one.certificate_no, one.valid_until)
    ]


def certification(row: Row) -> CertifyOfficer:
    return CertifyOfficer(
        officer_id=PersonId(row["officer_id"]),
        certificate_no=CertificateNo(row["certificate_no"]),
        domains=row.items("domains"),
        agency_code=AgencyCode(row["agency_code"]),
        valid_until=row.day("valid_until", date.max),
    )
