"""An inquiry into a decision that did not stand: opened, found about, closed."""

from typing import Final

from pydantic import BaseModel

from libs.contracts.vocabulary import DecisionNo, Role
from libs.events.core.fields import Call
from libs.events.deciding.turn import Completion
from libs.events.declaring.routes import get, post
from libs.events.declaring.stream import Stream
from libs.events.http.bodies import Short
from libs.statute.rulebook import Rulebook
from services.oversight.inquiry.commands import CloseInquiry, FindResponsibility, OpenInquiry
from services.oversight.inquiry.completion import complete_opening
from services.oversight.inquiry.projection import (
    find_inquiries,
    get_inquiry,
    project,
    project_heard,
)
from services.oversight.inquiry.reactions import inquiry_of, on
from services.oversight.inquiry.rules import decider

MOVED: Final = "not-found out-of-turn"


class Opening(BaseModel):
    decision_no: Short


def opening(body: Opening, call: Call) -> OpenInquiry:
    """By hand, into a decision of which an outcome is on record."""
    no = DecisionNo(body.decision_no)
    return OpenInquiry(inquiry_id=inquiry_of(no), decision_no=no, at=call.caller.at)


def inquiry(rules: Rulebook) -> Stream:
    by = (Role.SUPERVISOR,)
    return Stream(
        name="inquiry",
        tag="inquiries",
        decider=decider(rules),
        completions={OpenInquiry: Completion(complete=complete_opening)},
        projections=[project],
        reactions=on,
        remembers={"oversight.inquiry": project_heard},
        commands=[
            post(OpenInquiry, "/inquiries", by, "recon-outcome-missing", status=201, reads=opening),
            post(
                FindResponsibility,
                "/inquiries/{inquiry_id}/findings",
                by,
                f"{MOVED} person-not-involved person-not-heard",
            ),
            post(CloseInquiry, "/inquiries/{inquiry_id}/close", by, MOVED),
        ],
        queries=[
            get("/inquiries", find_inquiries, (Role.SUPERVISOR, Role.OPS)),
            get(
                "/inquiries/{inquiry_id}",
                get_inquiry,
                (Role.SUPERVISOR, Role.OPS),
                "not-found",
                stream="inquiry/{inquiry_id}",
            ),
        ],
    )
