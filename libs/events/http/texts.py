"""What a refusal says to a person, in their language: one gettext catalogue, read by Babel.

The English text is the message id, with the names of its details in braces. Details are written as
people write them: days, moments in the zone of the place, money in yuan.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from babel.support import NullTranslations, Translations

from libs.events.core.kernel import Refused, plain

ZH: Final = "zh_CN"
EN: Final = "en"
# The first is spoken where nothing is said (RFC 9110, 12.5.4).
LANGUAGES: Final = (ZH, EN)
ASIDE: Final[Mapping[str, str]] = {"zh": ZH, "zh_cn": ZH, "zh_hans": ZH, "zh_hans_cn": ZH}
# A detail of this name is an amount in fen.
MONEY: Final = "_fen"
FEN: Final = Decimal(100)
# What another check, or a library, said of what it was given: a text of its own.
REASONS: Final = ("problem", "reason", "stranger")


class Texts:
    """The texts of a suite; without a catalogue everything is said as it stands in the code."""

    def __init__(self, folder: Path | None = None, zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._translations = {
            language: translations(folder / f"{language}.po") if folder else NullTranslations()
            for language in LANGUAGES
        }

    def detail(self, refusal: Refused, language: str) -> str:
        return self.said(refusal.template, language, **refusal.details)

    def said(self, template: str, language: str, **details: Any) -> str:
        text = self._translations[language].gettext(template)
        return text.format(
            **{name: self._shown(name, one, language) for name, one in details.items()}
        )

    def field(self, error: Mapping[str, Any], language: str) -> str:
        """What is wrong with a field of a body: pydantic's own text, or a check of ours."""
        context = error.get("ctx") or {}
        if error["type"] in ("value_error", "assertion_error"):
            return str(self._translations[language].pgettext("value", str(context.get("error"))))
        text = str(self._translations[language].pgettext("field", error["type"]))
        return str(error["msg"]) if text == error["type"] else text.format(**context)

    def _shown(self, name: str, value: Any, language: str) -> Any:
        locale = Locale.parse(language)
        if isinstance(value, datetime):
            return format_datetime(value, "medium", tzinfo=self._zone, locale=locale)
        if isinstance(value, date):
            return format_date(value, "long", locale=locale)
        if name.endswith(MONEY) and isinstance(value, int):
            return format_currency(Decimal(value) / FEN, "CNY", locale=locale)
        if isinstance(value, list | tuple | set | frozenset):
            return ", ".join(str(self._shown(name, one, language)) for one in value)
        if name in REASONS and value:  # the empty message id is the head of the catalogue
            told = str(self._translations[language].pgettext("reason", str(value)))
            return self._translations[language].gettext(told)
        return plain(value)


@lru_cache
def translations(path: Path) -> NullTranslations:
    """A catalogue that is not there is that of the message ids."""
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@lru_cache(maxsize=256)
def language_of(header: str) -> str:
    """The language asked for, of those there are: `Accept-Language`, RFC 9110, 12.5.4."""
    wanted: list[tuple[float, str]] = []
    for part in header[:200].split(","):
        tag, _, parameters = part.partition(";")
        name = tag.strip().replace("-", "_").lower()
        quality = quality_in(parameters)
        if name and quality > 0:
            wanted.append((-quality, ASIDE.get(name, name)))
    preferred = [name for _, name in sorted(wanted, key=lambda one: one[0])]
    return negotiate_locale(preferred, LANGUAGES, sep="_") or ZH


def quality_in(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
