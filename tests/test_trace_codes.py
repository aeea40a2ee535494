"""What goes in clear as a trace code is one, and no text that happens to be called so."""

from typing import Any
from uuid import UUID

from libs.events.core.kernel import Command, Decider, State
from libs.events.declaring.assembly import problems
from libs.events.declaring.stream import Stream


class Complain(Command):
    bridge_id: UUID
    matter: str


def test_a_text_is_never_taken_for_a_trace_code() -> None:
    decider: Decider[Any, Any, Any] = Decider(
        stream="bridge",
        commands=(Complain,),
        key=lambda command: command.bridge_id,
        initial=State(),
        decide=lambda command, state: [],
        evolve=lambda state, event: state,
    )
    assert list(problems([Stream(name="bridge", decider=decider)])) == [
        "Complain.matter is no trace code: call it something else"
    ]
