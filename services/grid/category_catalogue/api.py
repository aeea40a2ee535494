"""HTTP for the catalogue: what may be reported, and whose it is."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import Connection, Engine

from libs.contracts.grid import Category
from libs.contracts.vocabulary import (
    CatalogueVersion,
    CategoryCode,
    PowerItemCode,
    Resolver,
    Role,
    SlaClass,
    TerritoryCode,
)
from libs.events.deciding.settling import Receipt, Settler
from libs.events.http.bodies import Code, Day, Short
from libs.events.http.edge import Caller, PostingOn
from services.grid.category_catalogue.commands import ReviseCategoryCatalogue
from services.grid.category_catalogue.projection import CategoryRow

Codes = Annotated[tuple[Code, ...], Field(max_length=50)]


class CategoryBody(BaseModel):
    category_code: Code
    kind: Code
    name_zh: Short
    lead: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    co: Codes = ()
    sla_class: Code
    route: Codes = ()
    power_items: Codes = ()


class Revision(BaseModel):
    version: Code
    added: Annotated[tuple[CategoryBody, ...], Field(max_length=2_000)] = ()
    revised: Annotated[tuple[CategoryBody, ...], Field(max_length=2_000)] = ()
    retired: Annotated[tuple[Code, ...], Field(max_length=2_000)] = ()
    effective_from: Day

    @model_validator(mode="after")
    def says_something_once(self) -> "Revision":
        named = [one.category_code for one in (*self.added, *self.revised)] + list(self.retired)
        if not named:
            raise ValueError("nothing is added, revised or retired")
        if len(named) != len(set(named)):
            raise ValueError("a category stands in a revision once")
        return self


def routes(
    settler: Settler,
    engine: Engine,
    jurisdiction: str,
    day: Callable[[datetime], date],
    read_categories: Callable[[Connection], Mapping[CategoryCode, CategoryRow]],
    posting: PostingOn,
) -> APIRouter:
    router = APIRouter(prefix="/categories", tags=["categories"])
    post = posting(router)

    @post("/revisions", "ReviseCategoryCatalogue", Role.OPS)
    async def revise(body: Revision, caller: Caller) -> Receipt:
        command = ReviseCategoryCatalogue(
            jurisdiction=TerritoryCode(jurisdiction),
            version=CatalogueVersion(body.version),
            added=tuple(map(category, body.added)),
            revised=tuple(map(category, body.revised)),
            retired=tuple(map(CategoryCode, body.retired)),
            effective_from=body.effective_from,
            today=day(caller.at),
        )
        return await settler.ask(command, caller)

    @router.get("", operation_id="FindCategories")
    def categories(caller: Caller, live: bool = True) -> Sequence[CategoryRow]:
        """What may be reported; with `live=false` also what is reported no longer."""
        with engine.connect() as tx:
            rows = read_categories(tx).values()
        return sorted(
            (one for one in rows if one.live or not live), key=lambda one: one.category_code
        )

    return router


def category(body: CategoryBody) -> Category:
    return Category(
        category_code=CategoryCode(body.category_code),
        kind=body.kind,
        name_zh=body.name_zh,
        lead=tuple(map(Resolver, body.lead)),
        co=tuple(map(Resolver, body.co)),
        sla_class=SlaClass(body.sla_class),
        route=body.route,
        power_items=tuple(map(PowerItemCode, body.power_items)),
    )
