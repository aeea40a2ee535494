"""What the commands of a report leave open: its cell, its category, its target, who checks.

It is asked under the lock, after all that came before, so what is found holds until it is decided.
What other streams know comes from `main`. Who is competent stands in `competence`.
"""

from dataclasses import replace

from sqlalchemy import Connection

from libs.events.core.deciders import Nothing
from libs.events.core.kernel import Hidden
from libs.statute.geodesy import metres
from libs.statute.rulebook import Rulebook
from services.grid.known import ReadCategories, ReadCells, ReadWorkers
from services.grid.report.commands import (
    CloseReport,
    FailCheck,
    MergeReport,
    MergeTarget,
    PassCheck,
    RegisterReport,
    RequestCheck,
    SubmitReport,
    Worker,
)
from services.grid.report.projection.board import find_report
from services.grid.report.rules.state import AnyReport, Merged


def complete_submission(
    rules: Rulebook,
    read_cells: ReadCells,
    read_categories: ReadCategories,
    read_workers: ReadWorkers,
    tx: Connection,
    command: SubmitReport,
    report: AnyReport,
) -> SubmitReport:
    """In which cell it is, if in any of ours, what the catalogue says of it, whose cell that is."""
    on = rules.day(command.captured_at)
    cells = read_cells(tx)
    cell = cells.holding(command.location, on)
    own = False
    if cell is not None and command.worker_id is not None:
        here = read_workers(tx).of_cell(cell.cell_code, on)
        own = any(one.worker_id == command.worker_id for one in here)
    category = read_categories(tx).get(command.category_code)
    code = None if cell is None else cell.cell_code
    inside = cell is not None or cells.inside(command.location, on)
    if category is None:
        return replace(command, inside=inside, cell_code=code, own_cell=own)
    return replace(
        command,
        inside=inside,
        cell_code=code,
        own_cell=own,
        sla_class=category.sla_class,
        catalogue_version=category.catalogue_version,
        live=category.live,
    )


def complete_registration(
    rules: Rulebook,
    read_cells: ReadCells,
    read_categories: ReadCategories,
    tx: Connection,
    command: RegisterReport,
    report: AnyReport,
) -> RegisterReport:
    """What the receiver does not set is as it was submitted."""
    if isinstance(report, Nothing):
        return command
    submission = report.submission
    place = submission.location
    known = None if isinstance(place, Hidden) else place.cell_code
    cell_code = command.cell_code or known
    category_code = command.category_code or submission.category_code
    category = read_categories(tx).get(category_code)
    in_force = (
        cell_code is not None and read_cells(tx).named(cell_code, rules.day(command.at)) is not None
    )
    return replace(
        command,
        cell_code=cell_code,
        cell_in_force=in_force,
        category_code=category_code,
        sla_class=None if category is None else category.sla_class,
    )


def complete_merge(tx: Connection, command: MergeReport, report: AnyReport) -> MergeReport:
    """How far from the target it is, in metres and in time."""
    target = find_report(tx, command.target_report_id)
    if target is None or isinstance(report, Nothing):
        return command
    submission, place = report.submission, report.submission.location
    distance, same_cell = None, False
    if not isinstance(place, Hidden):
        if None not in (place.lon, place.lat, target.lon, target.lat):
            assert place.lon is not None
            assert place.lat is not None
            assert target.lon is not None
            assert target.lat is not None
            distance = metres(place.lon, place.lat, target.lon, target.lat)
        same_cell = place.cell_code is not None and place.cell_code == target.cell_code
    apart = abs((submission.captured_at - target.captured_at).total_seconds())
    return replace(
        command,
        target=MergeTarget(
            report_no=target.report_no,
            open=target.is_open,
            category_code=target.category_code,
            distance_m=distance,
            same_cell=same_cell,
            hidden=isinstance(place, Hidden) or target.hidden,
            apart_sec=int(apart),
        ),
    )


def complete_check(
    rules: Rulebook,
    read_workers: ReadWorkers,
    tx: Connection,
    command: RequestCheck | PassCheck | FailCheck,
    report: AnyReport,
) -> RequestCheck | PassCheck | FailCheck:
    """Who works in the cell, in order, and for which unit the reporter does."""
    if isinstance(report, Nothing) or report.registration is None:
        return command
    here = read_workers(tx).of_cell(report.registration.cell_code, rules.day(command.at))
    reporter = report.submission.worker_id
    unit = next((one.agency_code for one in here if one.worker_id == reporter), None)
    if not isinstance(command, RequestCheck):
        return replace(command, reporter_agency=unit)
    workers = tuple(Worker(worker_id=one.worker_id, agency_code=one.agency_code) for one in here)
    return replace(command, workers=workers, reporter_agency=unit)


def complete_closing(tx: Connection, command: CloseReport, report: AnyReport) -> CloseReport:
    """Whether what it was merged into is closed by now."""
    if isinstance(report, Nothing) or not isinstance(report.stage, Merged):
        return command
    target = find_report(tx, report.stage.target_report_id)
    return replace(command, target_closed=target is not None and target.is_closed)


def is_merged(report: AnyReport) -> bool:
    return not isinstance(report, Nothing) and isinstance(report.stage, Merged)
