"""A decision as people read it: HTML, and a PDF with its own fonts."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from libs.suite import documents
from services.enforcement.case.rules.document import Written


@lru_cache
def templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
    )


def html(name: str, **shown: Any) -> str:
    return templates().get_template(name).render(**shown)


def decision_html(document: Written | Mapping[str, Any]) -> str:
    """As it was written; or as its public copy is kept, in JSON."""
    return documents.html(document if isinstance(document, Mapping) else said(document))


def pdf(document: Written) -> bytes:
    return documents.pdf(said(document))


def said(document: Written) -> documents.Document:
    return documents.Document(
        title=document.title,
        number=document.decision_no,
        items=tuple(
            documents.Section(heading=one.heading, lines=one.lines) for one in document.items
        ),
        agency=document.agency,
        date=document.date,
    )
