"""What the grid remembers of agencies: who they are, and whose each power is."""

from libs.events.declaring.stream import Stream
from services.grid.agencies.projection import project


def agencies() -> Stream:
    return Stream(name="agencies", remembers={"grid.agencies": project})
