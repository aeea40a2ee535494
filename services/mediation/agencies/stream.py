"""What mediation remembers of others: agencies, their contracts, to whom a matter is open."""

from libs.events.declaring.stream import Stream
from services.mediation.agencies.projection import project, project_matters


def agencies() -> Stream:
    return Stream(
        name="agencies",
        remembers={"mediation.agencies": [project, project_matters]},
    )
