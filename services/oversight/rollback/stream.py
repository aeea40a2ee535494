"""The rollback of each decision that fell. It decides nothing: it shows what others have undone."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from libs.contracts.vocabulary import Role
from libs.events.declaring.routes import get
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.oversight.rollback.projection.undone import HEARD, project_inquiries
from services.oversight.rollback.questions import Rollbacks, WasRefused

READERS: Final = (Role.SUPERVISOR, Role.OPS, Role.CREDIT_OFFICER, Role.AGENCY_HEAD)


def rollback(rules: Rulebook, now: Callable[[], datetime], was_refused: WasRefused) -> Stream:
    rollbacks = Rollbacks(rules, now, was_refused)
    return Stream(
        name="rollback",
        projections=[project_inquiries],
        remembers={"oversight.rollback": HEARD},
        queries=[
            get("/rollbacks", rollbacks.find_rollbacks, READERS),
            get("/rollbacks/{decision_no}", rollbacks.get_rollback, READERS, "not-found"),
        ],
    )
