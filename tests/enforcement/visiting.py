"""A suite after a story, and someone who asks it over HTTP."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from httpx import Response

from libs.console.scenario import Scenario
from tests.conftest import PACK, ROOT
from tests.orders.post import Post
from tests.orders.telling import Hamlet, Telling, hamlet

Who = tuple[str, str, str]
OFFICER: Who = ("officer-SCJ-05", "OFFICER", "SCJ")
HEAD: Who = ("scj-head", "AGENCY_HEAD", "SCJ")
BOTH = ("officer-SCJ-05", "officer-SCJ-06")
PARTY: Mapping[str, Any] = {
    "kind": "ENTERPRISE",
    "id_type": "USCC",
    "id_number": "91120116XX00000190",
    "name": "滨海虚构餐饮有限公司",
    "address": "泰达街二号",
}


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@dataclass
class Visit:
    here: Hamlet
    loop: asyncio.AbstractEventLoop
    names: dict[str, str]

    def run(self, awaited: Any) -> Any:
        return self.loop.run_until_complete(awaited)

    def get(self, path: str, who: Who | None, **headers: str) -> Response:
        client = self.here.client
        known = client.headers(*who) if who else {}
        url = f"{client.suite.url('enforcement')}{path}"
        found: Response = self.run(client.http.get(url, headers=known | headers))
        return found

    def put(self, path: str, content: bytes, who: Who, kind: str) -> Response:
        client = self.here.client
        url = f"{client.suite.url('enforcement')}{path}"
        headers = client.headers(*who) | {"content-type": kind}
        found: Response = self.run(client.http.put(url, content=content, headers=headers))
        return found

    def ask(
        self,
        command: str,
        given: Mapping[str, Any],
        who: Who = OFFICER,
        signed: Sequence[str] = ("officer-SCJ-06",),
        head: str | None = None,
    ) -> Response:
        asked = self.here.client.ask(f"enforcement.{command}", given, who, signed=signed, head=head)
        answer: Response = self.run(asked)
        return answer

    def done(self, *asked: Any, **more: Any) -> Any:
        """What must succeed; then all is quiet."""
        answer = self.ask(*asked, **more)
        assert answer.is_success, answer.text
        self.run(self.here.client.quiet())
        return answer.json()

    def case(self, **changed: Any) -> str:
        """A new case of the market regulators, with two officers."""
        lead_id, case_id = str(uuid4()), str(uuid4())
        now = self.here.clock.now.isoformat()
        self.done("ReceiveLead", {
            "lead_id": lead_id, "source_channel": "PATROL", "source_ref": f"patrol/{lead_id}",
            "facts": "a stall without a licence", "discovered_at": now,
        }, signed=())  # fmt: skip
        day = self.here.clock.now.date().isoformat()
        filing = {"lead_id": lead_id, "case_id": case_id, "subjects": [dict(PARTY)],
                  "power_item_code": "P-FOOD-04", "act_date": day,
                  "location": {"cell_code": "120116400416001"}}  # fmt: skip
        self.done("FileCase", filing | changed, HEAD, BOTH)
        self.done("AssignOfficers", {"case_id": case_id, "officers": BOTH}, HEAD, ())
        return case_id


def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["rule"]


@contextmanager
def visiting(folder: Path, story: str) -> Iterator[Visit]:
    """After a story has been told in order."""
    scenario = Scenario.read(ROOT / "demo" / "scenarios" / story, PACK)
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()

    async def opened() -> tuple[Hamlet, Telling]:
        here = await stack.enter_async_context(hamlet(folder, PACK, scenario.begins, Post()))
        await here.loaded()
        telling = Telling(here, scenario, None)
        await telling.tell()
        return here, telling

    try:
        here, telling = loop.run_until_complete(opened())
        names = {name: subject.partition("/")[2] for subject, name in telling.names().items()}
        yield Visit(here, loop, names)
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()
