"""Credit codes, identity numbers and document numbers, on vectors and on what is really written."""

import csv
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.vocabulary import SubjectKind
from libs.edge.parties import PartyBody, party, subject_ref
from libs.events.core.kernel import Refused
from libs.statute.identity import (
    ALPHABET,
    Invalid,
    credit_code,
    person_number,
    subject_of,
    token_of,
)
from libs.statute.numbering import DocumentNumber, Unnumbered, document_number, normalised
from tests.conftest import RULES, SHARED, needs_shared

TODAY = date(2026, 6, 1)
KEY = b"k" * 32
BAD_CODES = ("91350100M000100Y44", "91350100O000100Y43", "91350100M000100Y4", "", "９１")
BAD_NUMBERS = ("110105194912310021", "11010519491331002X", "12019920270101001X", "1101051949123100")
STYLES = (
    "津滨环罚字[2022]第13号", "津滨环罚〔2022〕013号", "（津滨）环罚【2022】13号",
    "津滨环罚 ［２０２２］ 13 号", "津滨环罚字〔2022〕13号",
)  # fmt: skip


def body(**fields: Any) -> PartyBody:
    known = {
        "kind": SubjectKind.ENTERPRISE,
        "id_type": "USCC",
        "id_number": "91120116XX00000190",
        "name": "滨海虚构农业有限公司",
    }
    return PartyBody(**{**known, **fields})


def test_the_vectors_of_the_standards() -> None:
    assert credit_code("91350100m000100y43").body_holds
    assert person_number("11010519491231002X", TODAY).born_on == date(1949, 12, 31)
    for code in BAD_CODES:
        with pytest.raises(Invalid):
            credit_code(code)
    for number in BAD_NUMBERS:
        with pytest.raises(Invalid):
            person_number(number, TODAY)


def test_the_invented_parties_of_the_stories_hold() -> None:
    for code in ("91120116XX00000190", "91120116XX0000027T", "92120116XX0000019W"):
        assert credit_code(code).number == code
    child = person_number("120199201212310015", TODAY)
    assert child.adult_on == date(2030, 12, 31)
    assert person_number("120199194802290058", TODAY).adult_on == date(1966, 3, 1)


@given(st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(place: int, other: str) -> None:
    code = "91350100M000100Y43"
    wrong = code[:place] + other + code[place + 1 :]
    if other != code[place]:
        with pytest.raises(Invalid):
            credit_code(wrong)


class TestAtTheEdge:
    def test_a_number_becomes_a_token_and_goes_no_further(self) -> None:
        ref = subject_ref(body(), KEY, TODAY)
        assert ref.id_token == token_of("91120116XX00000190", KEY)
        assert ref.subject_id == subject_of(ref.id_token)
        assert party(body(), ref).credit_code == "91120116XX00000190"
        other = subject_ref(body(), b"o" * 32, TODAY)
        assert other.subject_id != ref.subject_id

    def test_a_person_is_masked_and_their_number_stands_nowhere(self) -> None:
        one = body(
            kind=SubjectKind.PERSON,
            id_type="ID_CARD",
            id_number="120199199001010012",
            name="赵建国",
        )
        ref = subject_ref(one, KEY, TODAY)
        assert (ref.display_name, ref.adult_on) == ("赵某", date(2008, 1, 1))
        assert party(one, ref).credit_code is None
        assert "120199199001010012" not in f"{ref}{party(one, ref)}"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"id_number": "91120116XX00000191"},
            {"id_number": "120199199001010012"},
            {"kind": SubjectKind.PERSON},
            {"id_type": "ID_CARD", "id_number": "120199199001010012"},
        ],
    )
    def test_a_number_that_does_not_hold_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(Refused) as refusal:
            subject_ref(body(**wrong), KEY, TODAY)
        assert refusal.value.rule == "id-check-failed"

    def test_a_passport_says_no_birthday_so_it_is_asked_for(self) -> None:
        one = body(
            kind=SubjectKind.PERSON, id_type="PASSPORT", id_number="E12345678", name="Ann",
            born_on=date(2010, 2, 28),
        )  # fmt: skip
        assert subject_ref(one, KEY, TODAY).adult_on == date(2028, 2, 28)


class TestNumbers:
    def test_five_styles_are_one_number(self) -> None:
        assert {str(document_number(one)) for one in STYLES} == {"津滨环罚〔2022〕13号"}

    def test_whose_it_is(self) -> None:
        pattern = RULES.numbers["decision"]
        whose = document_number(STYLES[0]).agency(pattern, RULES.short_names)
        assert whose == "HBJ"
        assert DocumentNumber("津和环罚", 2022, "4").agency(pattern, RULES.short_names) is None

    @pytest.mark.parametrize("text", ["", "no. 13", "[2022]13号", "津滨环罚2022-13", "罚〔22〕1号"])
    def test_a_style_that_nobody_uses(self, text: str) -> None:
        with pytest.raises(Unnumbered):
            document_number(text)
        assert normalised(text) == text


@needs_shared
def test_every_real_credit_code_is_judged_right() -> None:
    """83 real ones; which of them hold an independent library has said. And 4 invented ones."""
    with (SHARED / "data" / "real_company_uscc.csv").open(encoding="utf-8") as file:
        real = list(csv.DictReader(file))
    with (SHARED / "data" / "uscc_negative_cases.csv").open(encoding="utf-8") as file:
        invented = list(csv.DictReader(file))
    assert (len(real), len(invented)) == (83, 4)
    judged = {row["uscc"]: holds(row["uscc"]) for row in (*real, *invented)}
    assert all(judged[row["uscc"]] is (row["stdnum_valid"] == "true") for row in real)
    assert not any(judged[row["uscc"]] for row in invented)


def holds(code: str) -> bool:
    try:
        subject_ref(body(id_number=code), KEY, TODAY)
    except Refused as refusal:
        return refusal.rule != "id-check-failed"
    return True


@needs_shared
def test_the_numbers_of_real_decisions_are_read_in_all_their_styles() -> None:
    text = (SHARED / "data" / "tianjin_penalty_decisions.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == 9
    read = [document_number(row["cf_wsh"]) for row in rows]
    assert len(set(read)) == 9
    assert [one.year for one in read] == [2022, 2023, 2022, 2020, 2023, 2023, 2024, 2023, 2014]
    pattern = RULES.numbers["decision"]
    ours = [one.agency(pattern, RULES.short_names) for one in read]
    assert ours == ["HBJ", *[None] * 8]
    again = (str(one) for one in read)
    assert [document_number(one) for one in again] == read
