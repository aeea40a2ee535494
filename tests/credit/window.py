"""Who asks credit over HTTP in these tests, with which bodies, and how an answer reads."""

from typing import Any, Final
from uuid import uuid4

from httpx import AsyncClient, Response

from libs.contracts.vocabulary import Role
from libs.events.http.cosigning import digest_of
from libs.statute.identity import subject_of, token_of
from tests.conftest import ISSUER, acting
from tests.credit.mill import Mill

NUMBER: Final = "91120116XX0000027T"
NAME: Final = "滨海虚构渣土运输有限公司"
FIRM: Final = {"kind": "ENTERPRISE", "id_type": "USCC", "id_number": NUMBER, "name": NAME}
MAN: Final = {"kind": "PERSON", "id_type": "ID_CARD", "id_number": "120199199001010194",
              "name": "虚构摊主"}  # fmt: skip
OFFICER: Final = acting("credit-1", Role.CREDIT_OFFICER, "FGW")
CLERK: Final = acting("clerk-1", Role.APPROVAL_CLERK, "ZWB")
ENFORCER: Final = acting("officer-1", Role.OFFICER, "CGW")
OPS: Final = acting("ops", Role.OPS, "OPS")
RECORD: Final = "11111111-1111-7111-8111-111111111111"
CAPTURE: Final = {
    "record_id": RECORD,
    **FIRM,
    "item_code": "R-PEN",
    "credit_class": "GENERAL",
    "basis_document": {
        "type": "PENALTY_DECISION", "no": "津滨市监罚字[2026]第9号", "agency_code": "SCJ",
        "decided_on": "2026-05-20",
    },
    "behaviour_date": "2026-04-10",
    "legal_basis": [{"law": "食品安全法", "article": "126"}],
}  # fmt: skip


def subject(here: Mill, number: str = NUMBER) -> str:
    return str(subject_of(token_of(number, here.service.world.keys.identity_key)))


def party(here: Mill, number: str = NUMBER) -> dict[str, str]:
    return acting(subject(here, number), Role.PARTY, "PUBLIC")


def signed(path: str, body: dict[str, Any], actor: str, role: Role, agency: str) -> dict[str, Any]:
    token = ISSUER.sign(actor=actor, role=role, agency=agency, path=path, sha256=digest_of(body))
    return body | {"co_signature": token}


def second(path: str, body: dict[str, Any], actor: str = "credit-2") -> dict[str, Any]:
    return signed(path, body, actor, Role.CREDIT_OFFICER, "FGW")


def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["rule"]


def without(body: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**body, **changed}


def document(**changed: Any) -> dict[str, Any]:
    known: Any = CAPTURE["basis_document"]
    return without(CAPTURE, basis_document={**known, **changed})


async def built(here: Mill, window: AsyncClient) -> None:
    """A subject with a record that is shown."""
    assert (await window.post("/subjects", json=FIRM, headers=OFFICER)).is_success
    assert (await window.post("/records", json=CAPTURE, headers=OFFICER)).is_success
    here.drain()
    shown = await window.post(f"/records/{RECORD}/publish", json={}, headers=OFFICER)
    assert shown.is_success, shown.text
    here.drain()


def order(here: Mill, **changed: Any) -> dict[str, Any]:
    return {
        "measure_id": str(uuid4()), "measure_code": "M-P05", "subject_id": subject(here),
        "agency_code": "CGW", "supported_by": [RECORD], "until": "2027-05-20",
        "legal_basis": [{"law": "惩戒措施清单", "article": "M-P05"}], **changed,
    }  # fmt: skip
