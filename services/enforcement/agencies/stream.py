"""What enforcement remembers of others: agencies, powers, officers, and whose a matter is."""

from libs.events.declaring.stream import Stream
from services.enforcement.agencies.projection import project, project_matters


def agencies() -> Stream:
    return Stream(name="agencies", remembers={"enforcement.agencies": [project, project_matters]})
