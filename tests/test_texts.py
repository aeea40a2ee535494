"""What people are told when something is refused: in their language, with values and remedy."""

import ast
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import jwt
import pytest
from babel.messages.pofile import read_po
from httpx import AsyncClient
from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from libs.contracts.vocabulary import Role
from libs.events.core.kernel import Refused
from libs.events.http.problems import OF_HTTP
from libs.events.http.texts import EN, ZH, Texts, language_of
from libs.suite.assembling import LOCALE
from tests.conftest import ROOT, acting
from tests.declared import services

TEXTS = Texts(LOCALE, ZoneInfo("Asia/Shanghai"))
with (LOCALE / "zh_CN.po").open("rb") as file:
    CATALOGUE = read_po(file)
RAISES = {"Refused": 1, "NotFound": 0, "Busy": 0}
# What is said of a value that a library judged: it is said as the library says it.
FOREIGN = {"str(wrong)"}


class Said(BaseModel):
    """One place in the code where something is refused."""

    where: str
    templates: list[str]
    given: set[str] | None


def refusals() -> Iterator[Said]:
    for folder in ("libs", "services"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                name = getattr(getattr(node, "func", None), "id", "")
                if isinstance(node, ast.Call) and name in RAISES and len(node.args) > RAISES[name]:
                    yield said(f"{path.relative_to(ROOT)}:{node.lineno}", node, RAISES[name])


def said(where: str, call: ast.Call, place: int) -> Said:
    message = call.args[place]
    texts = [one.value for one in ast.walk(message) if isinstance(one, ast.Constant)]
    names = {one.arg for one in call.keywords if one.arg is not None}
    unpacked = any(one.arg is None for one in call.keywords)
    passed_on = isinstance(message, ast.Name) or ast.unparse(message) in FOREIGN
    return Said(
        where=where,
        templates=[] if passed_on else [one for one in texts if isinstance(one, str)],
        given=None if unpacked else names,
    )


SAID = list(refusals())


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_that_is_said_is_in_the_catalogue_and_none_is_in_it_in_vain() -> None:
    english = {text for one in SAID for text in one.templates}
    kept = {str(one.id) for one in CATALOGUE if one.id and one.context is None}
    assert english - kept == set()
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "libs").rglob("*.py"))
    unsaid = [one for one in kept - english if f'"{one}"' not in source]
    assert unsaid == []


@pytest.mark.parametrize("one", SAID, ids=[one.where for one in SAID])
def test_what_a_text_names_is_given(one: Said) -> None:
    for text in one.templates:
        assert one.given is None or holes(text) <= one.given, text


def test_a_translation_names_what_its_text_names() -> None:
    for message in CATALOGUE:
        if message.id and message.context is None:
            assert holes(str(message.string)) == holes(str(message.id)), message.id
            assert message.string, message.id


def test_the_fields_texts_are_of_errors_there_are() -> None:
    kept = {str(one.id) for one in CATALOGUE if one.context == "field"}
    assert kept <= set(get_args(ErrorType))


def test_every_check_of_ours_is_told_in_chinese() -> None:
    kept = {str(one.id) for one in CATALOGUE if one.context == "value"}
    for folder in ("libs/events/http", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.parent.name == "rules":
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ValueError":
                    (text,) = node.args
                    assert isinstance(text, ast.Constant)
                    assert text.value in kept, path


REFUSED = Refused(
    "hearing-notice-short",
    "The hearing is held on {earliest} at the earliest",
    earliest=date(2026, 5, 9),
)


def test_values_are_written_as_people_write_them() -> None:
    assert TEXTS.detail(REFUSED, ZH) == "听证最早于 2026年5月9日 举行"
    assert TEXTS.detail(REFUSED, EN) == "The hearing is held on May 9, 2026 at the earliest"
    owed = Refused("out-of-turn", "{owed_fen} is still owed", owed_fen=123_456)
    assert TEXTS.detail(owed, ZH) == "尚欠 ¥1,234.56"
    at = Refused("busy", "{at}", at=datetime(2026, 5, 9, 17, tzinfo=UTC))
    assert TEXTS.detail(at, ZH) == "2026年5月10日 01:00:00"
    assert str(owed) == "123456 is still owed", "what is recorded in an event is plain"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", ZH),
        ("en", EN),
        ("en-GB,en;q=0.9", EN),
        ("zh-CN,zh;q=0.9,en;q=0.8", ZH),
        ("en;q=0.2, zh-Hans;q=0.9", ZH),
        ("fr, en;q=0.5", EN),
        ("fr", ZH),
        ("en;q=0", ZH),
        ("en;q=x,;;,=", ZH),
        ("*", ZH),
    ],
)
def test_the_language_is_the_one_asked_for(header: str, language: str) -> None:
    assert language_of(header) == language


async def test_a_refusal_is_told_in_the_language_of_the_caller(grid: AsyncClient) -> None:
    who = acting("WGZX/1", Role.GRID_RECEIVER)
    path = "/reports/6a2f41a3-c54c-4ce8-8f37-3e5a7c9d1b2e/register"
    chinese = await grid.post(path, json={}, headers=who)
    english = await grid.post(path, json={}, headers={**who, "Accept-Language": "en"})
    assert chinese.json()["title"] == "不存在或不可见"
    assert chinese.json()["detail"].startswith("不存在上报事件")
    assert english.json()["title"] == "Not there, or not yours to see"
    assert english.json()["detail"].startswith("There is no report")
    assert (chinese.headers["content-language"], english.headers["content-language"]) == (
        "zh-CN",
        "en",
    )
    assert chinese.json()["details"] == english.json()["details"]


async def test_a_field_is_told_in_the_language_of_the_caller(grid: AsyncClient) -> None:
    who = acting("WGZX/1", Role.GRID_RECEIVER)
    path = "/reports/6a2f41a3-c54c-4ce8-8f37-3e5a7c9d1b2e/refuse"
    chinese = await grid.post(path, json={"reason": ""}, headers=who)
    fields = {one["field"]: one["problem"] for one in chinese.json()["details"]["fields"]}
    assert fields == {"body.reason": "至少 1 个字符", "body.text": "必填"}
    english = await grid.post(path, json={"reason": ""}, headers={**who, "Accept-Language": "en"})
    assert english.json()["details"]["fields"][1]["problem"] == "Field required"


def test_what_a_library_has_no_text_for_is_told_as_it_says_it() -> None:
    class Model(BaseModel):
        at: bytes

    with pytest.raises(ValidationError) as wrong:
        Model.model_validate({"at": 1})
    (error,) = wrong.value.errors()
    assert TEXTS.field(dict(error), ZH) == error["msg"]


def test_every_service_speaks_both() -> None:
    for name, service in services().items():
        for slug, known in service.refusals.items():
            assert all((known.title_zh, known.title_en, known.source)), (name, slug)


def test_what_the_library_of_tokens_says_has_a_text() -> None:
    """Word for word as PyJWT says it: a release that says it otherwise is found here."""
    folder = Path(jwt.__file__).parent
    said = "\n".join(one.read_text("utf-8") for one in folder.glob("*.py"))
    kept = [str(one.id) for one in CATALOGUE if one.context == "reason"]
    assert [one for one in kept if f'"{one}"' not in said] == []
    texts = Texts(LOCALE)
    for one in kept:
        assert texts.said("{reason}", "zh_CN", reason=one) != one
        assert texts.said("{reason}", "en", reason=one) == one


def test_a_reason_that_says_nothing_is_nothing() -> None:
    """The empty text is the head of a catalogue in gettext, with who wrote it and when."""
    assert TEXTS.said("no: {reason}", "zh_CN", reason="") == "no: "


def test_what_http_itself_answers_has_a_text() -> None:
    kept = {str(one.id) for one in CATALOGUE}
    assert {template for _, template in OF_HTTP.values()} <= kept


def test_a_catalogue_that_is_not_there_is_that_of_the_code(tmp_path: Path) -> None:
    assert Texts(tmp_path).said("at {at}", ZH, at=1) == "at 1"
