"""Who is competent for a category at a place: each agency by the first rule that fits."""

from dataclasses import dataclass
from datetime import date

from libs.contracts.grid import CompetentBy
from libs.contracts.vocabulary import AgencyCode, PowerItemCode, Resolver, TerritoryCode
from services.grid.agencies.projection import AgencyRow, ItemRow
from services.grid.known import Agencies, PowerItems
from services.grid.report.completion.competence import first_of, ranked

STREET = TerritoryCode("120116005")
PORT = TerritoryCode("120116400")


def agency(kind: str, territory: str = "120116", status: str = "ACTIVE") -> AgencyRow:
    place = TerritoryCode(territory)
    return AgencyRow(agency_code=AgencyCode("ANY"), kind=kind, territory=place, status=status)


AGENCIES = Agencies(
    rows={
        AgencyCode("CGW"): agency("DEPARTMENT"),
        AgencyCode("GZJ"): agency("DEPARTMENT"),
        AgencyCode("OLD"): agency("DEPARTMENT", status="SUSPENDED"),
        AgencyCode("ST"): agency("STREET", STREET),
        AgencyCode("TEDA"): agency("ZONE", PORT),
        AgencyCode("WGZX"): agency("COMMITTEE"),
    }
)


@dataclass(frozen=True)
class Category:
    lead: tuple[Resolver, ...]
    co: tuple[Resolver, ...] = ()
    power_items: tuple[PowerItemCode, ...] = ()
    catalogue_version: str = "1"
    sla_class: str = "S3"
    live: bool = True


def competent(
    category: Category,
    street: TerritoryCode = STREET,
    items: tuple[ItemRow, ...] = (),
    proposed: str | None = None,
) -> dict[str, str]:
    found = ranked(
        category,  # type: ignore[arg-type]  # pydantic makes the code of it
        street,
        AGENCIES,
        items,
        AgencyCode(proposed) if proposed else None,
    )
    return {who: rule.value for who, rule in first_of(found, without=CompetentBy.STREET).items()}


def of(*who: str) -> tuple[Resolver, ...]:
    return tuple(map(Resolver, who))


def item(*owners: str, delegated: tuple[str, ...] = ()) -> ItemRow:
    return ItemRow(
        code=PowerItemCode("ANY"),
        owners=of(*owners),
        delegated_to=tuple(map(AgencyCode, delegated)),
        effective_from=date(2021, 1, 1),
        effective_to=date(2026, 12, 31),
    )


def test_the_categorys_lead_comes_first_and_then_its_co_handlers() -> None:
    assert competent(Category(of("CGW"), of("GZJ"))) == {
        "CGW": "DEFAULT_LEAD",
        "GZJ": "DEFAULT_CO",
    }


def test_the_street_of_the_place_where_the_catalogue_says_so() -> None:
    assert competent(Category(of("@STREET"))) == {"ST": "DEFAULT_LEAD"}


def test_a_zone_has_everything_inside_it() -> None:
    assert competent(Category(of("CGW")), PORT) == {"CGW": "DEFAULT_LEAD", "TEDA": "ZONE"}
    assert "TEDA" not in competent(Category(of("CGW")), STREET)


def test_where_only_the_topic_decides_every_active_department_may_be_named() -> None:
    assert competent(Category(of("@TOPIC"))) == {"CGW": "SECTOR", "GZJ": "SECTOR"}


def test_owners_of_a_power_and_those_it_is_delegated_to_at_the_place() -> None:
    found = competent(Category(of("CGW")), STREET, (item("GZJ", delegated=("ST", "TEDA")),))
    assert found == {"CGW": "DEFAULT_LEAD", "GZJ": "POWER_ITEM", "ST": "DELEGATED"}


def test_whom_the_last_return_proposed() -> None:
    assert competent(Category(of("CGW")), proposed="WGZX")["WGZX"] == "PROPOSED"
    assert "OLD" not in competent(Category(of("CGW", "OLD")), proposed="OLD")


def test_a_power_item_counts_while_it_is_in_force() -> None:
    items = PowerItems(rows={PowerItemCode("P-1"): item("GZJ")})
    codes = [PowerItemCode("P-1"), PowerItemCode("P-2")]
    assert len(items.in_force(codes, date(2026, 6, 1))) == 1
    assert items.in_force(codes, date(2027, 1, 1)) == []
