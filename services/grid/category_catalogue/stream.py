"""The category catalogue: by which names things are reported, from the pack or by hand."""

from collections.abc import Callable, Container
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection

from libs.contracts.vocabulary import Role
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.statute.pack import Pack
from services.grid.category_catalogue.commands import ReviseCategoryCatalogue
from services.grid.category_catalogue.completion import complete_revision
from services.grid.category_catalogue.loading import differences
from services.grid.category_catalogue.projection import Categories, find_categories, project
from services.grid.category_catalogue.rules import DECIDER
from services.grid.known import ReadAgencies, ReadPowerItems


def says_something_once(revision: Any) -> None:
    named = [one.category_code for one in (*revision.added, *revision.revised)]
    named += revision.retired
    if not named:
        raise ValueError("nothing is added, revised or retired")
    if len(named) != len(set(named)):
        raise ValueError("a category stands in a revision once")


def category_catalogue(
    pack: Pack,
    today: Callable[[], date],
    read_categories: Callable[[Connection], Categories],
    read_agencies: ReadAgencies,
    read_items: ReadPowerItems,
) -> Stream:
    classes: Container[str] = pack.rules.clocks
    complete = partial(complete_revision, classes, read_agencies, read_items, read_categories)
    return Stream(
        name="category_catalogue",
        tag="categories",
        decider=DECIDER,
        completions={
            ReviseCategoryCatalogue: Completion(asks=("category_catalogue",), complete=complete)
        },
        projections=[project],
        loads=[partial(differences, pack, read_categories, today)],
        commands=[
            post(
                ReviseCategoryCatalogue,
                "/categories/revisions",
                (Role.OPS,),
                "agency-not-competent category-unknown idempotency-conflict",
                sets={"jurisdiction": pack.code},
                checks=says_something_once,
            )
        ],
        queries=[get("/categories", find_categories, anybody=True)],
    )
