"""What the exchange remembers of matters: what each is about, and the street of its place."""

from libs.events.declaring.stream import Stream
from services.exchange.matters.projection import project_matters, project_streets


def matters() -> Stream:
    return Stream(
        name="matters", remembers={"exchange.matters": [project_streets, project_matters]}
    )
