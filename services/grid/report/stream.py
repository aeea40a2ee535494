"""A report: what may be asked of it and by whom, what it consumes, completes and shows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from libs.contracts.grid import InitiatedBy
from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Command
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.grid.known import (
    ReadAgencies,
    ReadCategories,
    ReadCells,
    ReadPowerItems,
    ReadWorkers,
)
from services.grid.report import commands as c
from services.grid.report import questions
from services.grid.report.completion import competence, ground
from services.grid.report.projection import board, handed_off
from services.grid.report.reactions import OF_MATTER, OF_TRACE, on
from services.grid.report.rules.decider import decider
from services.grid.report.rules.state import AnyReport

# What the cells and the catalogue say changes what a report is completed with.
GROUND: Final = ("cell", "category_catalogue")
STAFF: Final = (
    Role.GRID_WORKER,
    Role.GRID_RECEIVER,
    Role.GRID_DISPATCHER,
    Role.SUPERVISOR,
    Role.OPS,
)
REPORTERS: Final = (Role.GRID_WORKER, Role.CITIZEN, Role.HOTLINE_SEAT)
CHECKERS: Final = (Role.GRID_WORKER, Role.GRID_RECEIVER)
RATERS: Final = (Role.CITIZEN, Role.HOTLINE_SEAT)
RECEIVER: Final = (Role.GRID_RECEIVER,)
DISPATCHER: Final = (Role.GRID_DISPATCHER,)
MOVED: Final = "not-found out-of-turn"
COMMANDS: Final = (
    post(
        c.SubmitReport,
        "/reports",
        REPORTERS,
        "location-out-of-area location-too-vague category-unknown category-retired "
        "cell-not-assigned media-required capture-time-invalid idempotency-conflict "
        "id-check-failed",
        status=201,
    ),
    post(
        c.RegisterReport,
        "/reports/{report_id}/register",
        RECEIVER,
        f"{MOVED} category-unknown location-too-vague version-conflict",
    ),
    post(c.RefuseReport, "/reports/{report_id}/refuse", RECEIVER, f"{MOVED} reason-not-listed"),
    post(c.MergeReport, "/reports/{report_id}/merge", RECEIVER, f"{MOVED} merge-invalid"),
    post(
        c.DispatchReport,
        "/reports/{report_id}/dispatch",
        DISPATCHER,
        f"{MOVED} agency-not-competent asked-before arbitration-due due-date-by-rule "
        "handoff-mismatch",
    ),
    post(
        c.HandOffReport,
        "/reports/{report_id}/hand-off",
        DISPATCHER,
        f"{MOVED} agency-not-competent handoff-mismatch",
        sets={
            "initiated_by": InitiatedBy.DISPATCHER,
            "evidence": (),
            "agency_code": None,
            "dispatch_handoff_id": None,
        },
    ),
    post(
        c.RequestCheck, "/reports/{report_id}/check", DISPATCHER, f"{MOVED} checker-not-independent"
    ),
    post(
        c.PassCheck,
        "/reports/{report_id}/check/pass",
        CHECKERS,
        f"{MOVED} checker-not-named checker-not-independent media-required",
    ),
    post(
        c.FailCheck,
        "/reports/{report_id}/check/fail",
        CHECKERS,
        f"{MOVED} checker-not-named checker-not-independent check-limit-reached",
    ),
    post(
        c.CloseReport,
        "/reports/{report_id}/close",
        DISPATCHER,
        "not-found not-checked merge-target-open",
    ),
    post(
        c.RecordSatisfaction,
        "/reports/{report_id}/satisfaction",
        RATERS,
        f"{MOVED} satisfaction-window-closed reason-not-listed",
    ),
)
QUERIES: Final = (
    get("/reports", questions.find_reports, STAFF),
    get("/reports/punctuality", questions.find_punctuality, STAFF),
    get(
        "/reports/{report_id}",
        questions.get_report,
        STAFF,
        "not-found",
        stream="report/{report_id}",
    ),
)


def asks_of_dispatch(command: c.DispatchReport, report: AnyReport) -> Sequence[str]:
    """Whether its offer was refused is asked only of what is dispatched already."""
    return (*GROUND, "report") if competence.is_offered(report) else GROUND


def asks_of_closing(command: c.CloseReport, report: AnyReport) -> Sequence[str]:
    """Another report is asked about only by what was merged into it."""
    return ("report",) if ground.is_merged(report) else ()


def completions(
    rules: Rulebook,
    read_cells: ReadCells,
    read_workers: ReadWorkers,
    read_categories: ReadCategories,
    read_agencies: ReadAgencies,
    read_items: ReadPowerItems,
) -> Mapping[type[Command], Completion]:
    known = (rules, read_cells, read_categories)
    theirs = (*known, read_agencies, read_items)
    check = Completion(asks=("cell",), complete=partial(ground.complete_check, rules, read_workers))
    return {
        c.SubmitReport: Completion(
            asks=GROUND, complete=partial(ground.complete_submission, *known, read_workers)
        ),
        c.RegisterReport: Completion(
            asks=GROUND, complete=partial(ground.complete_registration, *known)
        ),
        c.MergeReport: Completion(asks=("report",), complete=ground.complete_merge),
        c.DispatchReport: Completion(
            asks=asks_of_dispatch, complete=partial(competence.complete_dispatch, *theirs)
        ),
        c.HandOffReport: Completion(
            asks=GROUND, complete=partial(competence.complete_handing_off, *theirs)
        ),
        c.CloseReport: Completion(asks=asks_of_closing, complete=ground.complete_closing),
        c.RequestCheck: check,
        c.PassCheck: check,
        c.FailCheck: check,
    }


def report(rules: Rulebook, key: bytes, completed: Mapping[type[Command], Completion]) -> Stream:
    submitted = partial(questions.submitted, key)
    return Stream(
        name="report",
        decider=decider(rules),
        completions=completed,
        indexes={
            OF_MATTER: Index(find=handed_off.find_of_matter, asks=("report",)),
            OF_TRACE: Index(find=handed_off.find_of_trace, asks=("report",)),
        },
        projections=[board.project, handed_off.project],
        reactions=on,
        remembers={"grid.undeliverable": board.project_refused},
        commands=[
            replace(one, reads=submitted) if one.command is c.SubmitReport else one
            for one in COMMANDS
        ],
        queries=QUERIES,
    )
