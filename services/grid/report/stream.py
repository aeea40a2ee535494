"""A report: what may be asked of it, by whom, what it hears, what it leaves open, what it shows."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from libs.contracts.grid import HandOffTarget, InitiatedBy
from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Command
from libs.events.deciding.turn import Completion, Index
from libs.events.declaring.offers import Offer, Question
from libs.events.declaring.stream import Stream
from libs.events.listening.listener import Reaction
from libs.statute.rulebook import Rulebook
from services.grid.report import api
from services.grid.report import commands as c
from services.grid.report.completion import competence as completion_competence
from services.grid.report.completion import ground as completion
from services.grid.report.projection import board as projection
from services.grid.report.projection import handed_off as handed
from services.grid.report.reactions import OF_MATTER, OF_TRACE, on
from services.grid.report.rules.decider import decider
from services.grid.report.rules.state import AnyReport

# What the cells and the catalogue say changes what a report is completed with.
GROUND: Final = ("cell", "category_catalogue")
REPORTERS: Final = (Role.GRID_WORKER, Role.CITIZEN, Role.HOTLINE_SEAT)
CHECKERS: Final = (Role.GRID_WORKER, Role.GRID_RECEIVER)
RATERS: Final = (Role.CITIZEN, Role.HOTLINE_SEAT)
RECEIVER: Final = (Role.GRID_RECEIVER,)
DISPATCHER: Final = (Role.GRID_DISPATCHER,)
MOVED: Final = ("not-found", "out-of-turn")
OFFERS: Final = (
    Offer(command=c.SubmitReport, route="POST /reports", by=REPORTERS, status=201,
          reads=api.submitted,
          refuses=("location-out-of-area", "location-too-vague", "category-unknown",
                   "category-retired", "cell-not-assigned", "media-required",
                   "capture-time-invalid", "idempotency-conflict")),
    Offer(command=c.RegisterReport, route="POST /reports/{report_id}/register", by=RECEIVER,
          refuses=(*MOVED, "category-unknown", "location-too-vague", "version-conflict")),
    Offer(command=c.RefuseReport, route="POST /reports/{report_id}/refuse", by=RECEIVER,
          refuses=(*MOVED, "reason-not-listed")),
    Offer(command=c.MergeReport, route="POST /reports/{report_id}/merge", by=RECEIVER,
          refuses=(*MOVED, "merge-invalid")),
    Offer(command=c.DispatchReport, route="POST /reports/{report_id}/dispatch", by=DISPATCHER,
          refuses=(*MOVED, "agency-not-competent", "asked-before", "arbitration-due",
                   "due-date-by-rule", "handoff-mismatch")),
    Offer(command=c.HandOffReport, route="POST /reports/{report_id}/hand-off", by=DISPATCHER,
          refuses=(*MOVED, "agency-not-competent", "handoff-mismatch"),
          sets={"target": HandOffTarget.ENFORCEMENT, "initiated_by": InitiatedBy.DISPATCHER,
                "evidence": (), "agency_code": None, "dispatch_handoff_id": None}),
    Offer(command=c.RequestCheck, route="POST /reports/{report_id}/check", by=DISPATCHER,
          refuses=(*MOVED, "checker-not-independent")),
    Offer(command=c.PassCheck, route="POST /reports/{report_id}/check/pass", by=CHECKERS,
          refuses=(*MOVED, "checker-not-named", "checker-not-independent", "media-required")),
    Offer(command=c.FailCheck, route="POST /reports/{report_id}/check/fail", by=CHECKERS,
          refuses=(*MOVED, "checker-not-named", "checker-not-independent", "check-limit-reached")),
    Offer(command=c.CloseReport, route="POST /reports/{report_id}/close", by=DISPATCHER,
          refuses=("not-found", "not-checked", "merge-target-open")),
    Offer(command=c.RecordSatisfaction, route="POST /reports/{report_id}/satisfaction", by=RATERS,
          refuses=(*MOVED, "satisfaction-window-closed", "reason-not-listed")),
)  # fmt: skip
QUESTIONS: Final = (
    Question(route="GET /reports", ask=api.find_reports, by=api.STAFF),
    Question(route="GET /reports/punctuality", ask=api.find_punctuality, by=api.STAFF),
    Question(
        route="GET /reports/{report_id}", ask=api.get_report, by=api.STAFF, refuses=("not-found",)
    ),
)


def asks_of_dispatch(command: c.DispatchReport, report: AnyReport) -> Sequence[str]:
    """Whether its offer was refused is asked only of what is dispatched already."""
    return (*GROUND, "report") if completion_competence.is_offered(report) else GROUND


def asks_of_closing(command: c.CloseReport, report: AnyReport) -> Sequence[str]:
    """Another report is asked about only by what was merged into it."""
    return ("report",) if completion.is_merged(report) else ()


def completions(
    rules: Rulebook,
    read_cells: completion.ReadCells,
    read_workers: completion.ReadWorkers,
    read_categories: completion.ReadCategories,
    read_agencies: completion_competence.ReadAgencies,
    read_items: completion_competence.ReadPowerItems,
) -> Mapping[type[Command], Completion]:
    ground = (rules, read_cells, read_categories)
    check = Completion(
        asks=("cell",), complete=partial(completion.complete_check, rules, read_workers)
    )
    return {
        c.SubmitReport: Completion(
            asks=GROUND, complete=partial(completion.complete_submission, *ground, read_workers)
        ),
        c.RegisterReport: Completion(
            asks=GROUND, complete=partial(completion.complete_registration, *ground)
        ),
        c.MergeReport: Completion(
            asks=("report",), complete=partial(completion.complete_merge, projection.find_target)
        ),
        c.DispatchReport: Completion(
            asks=asks_of_dispatch,
            complete=partial(
                completion_competence.complete_dispatch,
                *ground,
                read_agencies,
                read_items,
                projection.find_undeliverable,
            ),
        ),
        c.HandOffReport: Completion(
            asks=GROUND,
            complete=partial(
                completion_competence.complete_handing_off, *ground, read_agencies, read_items
            ),
        ),
        c.CloseReport: Completion(
            asks=asks_of_closing,
            complete=partial(completion.complete_closing, projection.find_target),
        ),
        c.RequestCheck: check,
        c.PassCheck: check,
        c.FailCheck: check,
    }


def report(rules: Rulebook, completions: Mapping[type[Command], Completion]) -> Stream:
    return Stream(
        name="report",
        decider=decider(rules),
        completions=completions,
        indexes={
            OF_MATTER: Index(find=handed.find_of_matter, asks=("report",)),
            OF_TRACE: Index(find=handed.find_of_trace, asks=("report",)),
        },
        projections=[projection.project, handed.project],
        reactions=on,
        remembers={
            "grid.undeliverable": Reaction(to=["exchange"], project=projection.project_heard)
        },
        offers=OFFERS,
        questions=QUESTIONS,
    )
