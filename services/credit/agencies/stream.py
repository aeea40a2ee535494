"""What credit remembers of others: agencies and powers."""

from libs.events.declaring.stream import Stream
from services.credit.agencies.projection import project


def agencies() -> Stream:
    return Stream(name="agencies", remembers={"credit.agencies": project})
