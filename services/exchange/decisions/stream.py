"""What the exchange remembers of decisions: which have been served."""

from libs.events.declaring.stream import Stream
from services.exchange.decisions.projection import project


def decisions() -> Stream:
    return Stream(name="decisions", remembers={"exchange.decisions": project})
