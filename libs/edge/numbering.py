"""The number of a decision as it enters, in whatever style it is written."""

from typing import Annotated

from pydantic import AfterValidator, Field

from libs.contracts.vocabulary import DecisionNo
from libs.statute.numbering import document_number


def canonical(text: str) -> DecisionNo:
    """Raises `Unnumbered`, a ValueError: the request is malformed."""
    return DecisionNo(str(document_number(text)))


Numbered = Annotated[
    DecisionNo, Field(max_length=100, pattern=r"^[^\x00]*$"), AfterValidator(canonical)
]
