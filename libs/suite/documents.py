"""A document as people read it: HTML, and a PDF with its own fonts.

What makes PDFs is loaded with the first: it takes half a second and forty megabytes.
"""

import logging
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from libs.events.core.kernel import Record

if TYPE_CHECKING:
    from fpdf import FPDF

FONT: Final = ("justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf")
REGULAR: Final = 400
FAMILY: Final = "Noto Sans SC"
MARGIN: Final = 25.0
POINTS: Final = {"title": 20, "heading": 13, "text": 12}
HEIGHT: Final = 8.0

# Every glyph that a font drops would be told as a warning.
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Section(Record):
    """One of the items of a document, under its heading."""

    heading: str
    lines: tuple[str, ...]


class Document(Record):
    """Title, number, items in order, and who signs it when."""

    title: str
    number: str
    items: tuple[Section, ...]
    agency: str
    date: str

    @property
    def text(self) -> str:
        """One way to write it down, line by line: what its digest is of."""
        lines = [self.title, self.number]
        for item in self.items:
            lines += [item.heading, *item.lines]
        return "\n".join([*lines, self.agency, self.date, ""])


@lru_cache
def templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
    )


def html(document: Document | Mapping[str, Any]) -> str:
    """Of a document, or of one as JSON has it (`decision_no` is its number there)."""
    shown = templates().get_template("document.html")
    if isinstance(document, Mapping):
        number, items = document["decision_no"], document["items"]
    else:
        number, items = document.number, document.items
    return shown.render(document=document, number=number, items=items)


def pdf(document: Document) -> bytes:
    """One document on A4, the font in it cut down to what it uses."""
    from fpdf import FPDF

    page = FPDF(format="A4")
    page.set_margin(MARGIN)
    page.set_auto_page_break(True, MARGIN)
    page.set_title(f"{document.title} {document.number}")
    page.set_lang("zh-CN")
    with NamedTemporaryFile(suffix=".ttf") as font:
        font.write(cut_font(document.text))
        font.flush()
        page.add_font(FAMILY, fname=font.name)
        page.add_page()
        write(page, document)
        return bytes(page.output())


def write(page: "FPDF", document: Document) -> None:
    def line(text: str, style: str, align: str = "L") -> None:
        page.set_font(FAMILY, size=POINTS[style])
        page.multi_cell(0, HEIGHT, text, align=align, new_x="LMARGIN", new_y="NEXT")

    line(document.title, "title", "C")
    line(document.number, "text", "C")
    for item in document.items:
        page.ln(HEIGHT / 2)
        line(item.heading, "heading")
        for one in item.lines:
            line(one, "text")
    page.ln(HEIGHT)
    line(document.agency, "text", "R")
    line(document.date, "text", "R")


def cut_font(text: str) -> bytes:
    """The regular weight of the glyphs that a text needs."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    package, name = FONT
    with as_file(files(package) / name) as path:
        font = TTFont(path, lazy=True)
        options = Options()
        options.layout_features = []
        options.notdef_outline = True
        subsetter = Subsetter(options)
        subsetter.populate(text=text + " ")
        subsetter.subset(font)
        regular = instantiateVariableFont(font, {"wght": REGULAR})
        cut = BytesIO()
        regular.save(cut)
    return cut.getvalue()
