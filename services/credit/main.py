"""Credit, put together: every part is made here and handed to those that need it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection

from libs.contracts import credit
from libs.contracts.vocabulary import PERSONS, SubjectRef
from libs.events.core.kernel import Hidden
from libs.events.process.service import Service
from libs.events.process.world import World
from libs.statute.pack import Pack
from libs.statute.rulebook import Rulebook
from libs.suite.assembling import service
from libs.suite.subjects import ref_of
from services.credit.agencies import projection as agency_rows
from services.credit.agencies.stream import agencies
from services.credit.approval import projection as approvals
from services.credit.approval.stream import approval
from services.credit.catalogue_item import stream as catalogue
from services.credit.incentive import completion as of_incentive
from services.credit.incentive import projection as incentives
from services.credit.incentive.stream import incentive
from services.credit.known import BREACH_ITEM, Ground, Standing, SubjectKnown
from services.credit.listing import projection as listings
from services.credit.listing.stream import listing
from services.credit.measure import completion as of_measure
from services.credit.measure import projection as measures
from services.credit.measure.stream import measure
from services.credit.measure_item import stream as measure_list
from services.credit.objection import projection as objections
from services.credit.objection.stream import objection
from services.credit.publicity.stream import publicity
from services.credit.record import completion as of_record
from services.credit.record import projection as records
from services.credit.record.stream import record
from services.credit.repair import projection as repairs
from services.credit.repair.stream import repair
from services.credit.sheet.stream import Asked, sheet
from services.credit.subject import projection as subjects
from services.credit.subject.commands import Scored
from services.credit.subject.completion import facts_of
from services.credit.subject.rules.scoring import scored
from services.credit.subject.stream import subject


def find_grounds(tx: Connection, ids: Sequence[UUID]) -> Sequence[Ground]:
    """Records and listings, whichever an id is of. An objection counts from the moment it was
    filed, and what is disputed of a listing is its record."""
    found = [*records.find_grounds(tx, ids), *listings.find_grounds(tx, ids)]
    return [replace(one, flagged=is_disputed(tx, one)) for one in found]


def is_disputed(tx: Connection, ground: Ground) -> bool:
    of: Sequence[Ground] = [ground]
    if ground.is_listing:
        ids = records.find_of_listing(tx, str(ground.ground_id))
        of = records.find_grounds(tx, ids)
    return any(one.disputed or objections.is_pending(tx, one.ground_id) for one in of)


def is_unpaid(tx: Connection, listing_id: UUID) -> bool:
    """Whether the wages that a listing is for are still owed, as the labour case says."""
    row = listings.find_listing(tx, listing_id)
    if row is None:
        return False
    claims = listings.find_claims(tx, row.correlation_id)
    return any(one.subject_id == row.subject_id and not one.paid for one in claims)


def find_registered(tx: Connection, subject_id: UUID) -> tuple[bool, str | None]:
    """Whether it is on the register, and under which name; who was forgotten has none."""
    row = subjects.find_subject(tx, subject_id)
    return row is not None, None if row is None else row.registered_name


def find_grade(tx: Connection, subject_id: UUID) -> str | None:
    row = subjects.find_subject(tx, subject_id)
    return None if row is None else row.grade


def find_graded(tx: Connection, subject_id: UUID) -> tuple[str | None, bool]:
    """The grade on the register, where there is one; and whether a breach of commitment is neither
    repaired nor withdrawn, however long ago it was."""
    row = subjects.find_subject(tx, subject_id)
    breached = any(
        one.item_code == BREACH_ITEM and one.standing not in (Standing.REPAIRED, Standing.WITHDRAWN)
        for one in records.find_of_subject(tx, subject_id)
    )
    return (None if row is None else row.grade), breached


def find_known(tx: Connection, subject_id: UUID) -> SubjectKnown | None:
    row = subjects.find_subject(tx, subject_id)
    if row is None:
        return None
    return SubjectKnown(kind=row.kind, grade=row.grade)


def find_ref(tx: Connection, subject_id: UUID) -> SubjectRef | Hidden:
    row = subjects.find_subject(tx, subject_id)
    if row is None or row.subject_ref is None:
        return Hidden.ERASED
    return ref_of(row.subject_ref)


def shown(rules: Rulebook) -> Asked:
    """What a sheet shows of each stream."""

    def scored_at(
        tx: Connection, subject_id: UUID, history_from: date, as_of: datetime, known: datetime
    ) -> Scored:
        facts = [one for one in facts_of(tx, subject_id) if one.at <= known]
        return scored(rules, history_from, facts, as_of)

    return Asked(
        subject=subjects.find_subject,
        scored=scored_at,
        asked_at=subjects.find_asked_at,
        lists={
            "records": (records.RecordRow, "captured_at"),
            "listings": (listings.ListingRow, "noticed_at"),
            "measures": (measures.MeasureRow, "ordered_at"),
            "incentives": (incentives.IncentiveRow, "granted_at"),
            "objections": (objections.ObjectionRow, "filed_at"),
            "repairs": (repairs.RepairRow, "applied_at"),
            "approvals": (approvals.ApprovalRow, "applied_at"),
        },
    )


def assemble(world: World, pack: Pack) -> Service:
    rules, key = pack.rules, world.keys.identity_key
    read_catalogue, read_measures = catalogue.cached(), measure_list.cached()
    read_agencies = agency_rows.cached(rules.approvals)

    def early_exit(tx: Connection, listing_id: UUID) -> str:
        row = listings.find_listing(tx, listing_id)
        return "" if row is None else rules.lists[row.list_code].early_exit

    return service(
        world,
        world.log("credit", persons=PERSONS),
        credit,
        pack,
        [
            agencies(),
            catalogue.catalogue_item(pack),
            measure_list.measure_item(pack),
            subject(rules, key),
            record(
                rules,
                key,
                of_record.Asked(
                    catalogue=read_catalogue,
                    agencies=read_agencies,
                    registered=find_registered,
                    listing_holds=listings.holds,
                ),
            ),
            listing(rules, read_measures, read_catalogue),
            measure(
                rules,
                of_measure.Asked(
                    measures=read_measures,
                    agencies=read_agencies,
                    grounds=find_grounds,
                    grade=find_grade,
                ),
            ),
            incentive(
                rules,
                of_incentive.Asked(
                    measures=read_measures,
                    agencies=read_agencies,
                    subject=find_known,
                    subject_ref=find_ref,
                ),
            ),
            objection(rules, records.find_grounds),
            repair(rules, records.find_grounds, early_exit, is_unpaid),
            approval(rules, key, records.find_grounds, find_graded),
            publicity(rules, key, world.clock),
            sheet(rules, shown(rules)),
        ],
        agency=rules.receiver_agency,
    )
