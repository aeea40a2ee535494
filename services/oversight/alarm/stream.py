"""The completeness rules, watched over all services. It decides nothing."""

from libs.events.declaring.stream import Stream
from libs.statute.rulebook import Rulebook
from services.oversight.alarm.projection import watching


def alarm(rules: Rulebook) -> Stream:
    return Stream(name="alarm", remembers={"oversight.alarms": watching(rules)})
