"""The second clocks: computed from events alone, compared with what their owners say."""

from collections.abc import Callable
from datetime import datetime

from libs.contracts.vocabulary import Role
from libs.events.declaring.routes import get
from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.oversight.clock.projection.rows import find_clocks, keeping
from services.oversight.clock.projection.steps import Family, Reader
from services.oversight.clock.questions import Explainer, Known


def clock(rules: Rulebook, family: Family, now: Callable[[], datetime], known: Known) -> Stream:
    by = (Role.SUPERVISOR, Role.OPS)
    return Stream(
        name="clock",
        remembers={"oversight.clocks": keeping(Reader(rules, family))},
        queries=[
            get("/clocks", find_clocks, by),
            get(
                "/matters/{matter}/explain",
                Explainer(rules, now, known).explain_matter,
                by,
                "trace-not-found",
            ),
        ],
    )
