"""A record that does not follow: is something missing before it, or is it nobody's?"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any

from libs.events.kafka.tails import ToldOn
from libs.events.listening.watermarks import ForeignEvent, ForeignLog, Gap, Mark
from libs.events.wire.bounds import chained


class Follows(Enum):
    """What lies on a partition behind what was consumed: another record than the one in question,
    that one itself, or nothing yet that says which of them."""

    ANOTHER = auto()
    ITSELF = auto()
    NOTHING = auto()


async def what_follows(told: ToldOn, gap: Gap) -> Follows:
    """A partition that began as the log that we know goes on with it. Where what was consumed does
    not lie any more, it is another partition. Otherwise the chain says it: whether anything names
    what was consumed as what came before it, or names the record in question."""
    first, found = True, Follows.NOTHING
    start = 0 if isinstance(gap, ForeignLog) else gap.consumed_at
    async for record in told(gap.place, start):
        headers = dict(record.headers)
        log_id, previous = chained(headers)
        ours = log_id == gap.log_id
        if isinstance(gap, ForeignLog):
            return Follows.ANOTHER if ours else Follows.ITSELF
        event_id = headers["ce_id"].decode()
        if first and gap.event_id is not None and event_id != str(gap.event_id):
            return Follows.ITSELF
        if isinstance(gap, ForeignEvent):
            return Follows.ANOTHER
        first = False
        if ours and previous == gap.position and record.offset != gap.offset:
            return Follows.ANOTHER if record.offset > gap.offset else Follows.ITSELF
        if ours and previous == gap.said and record.offset > gap.offset:
            found = Follows.ITSELF
    return Follows.ITSELF if first else found


async def goes_on(told: ToldOn, place: tuple[str, int], mark: Mark) -> bool:
    """Whether anything names what was consumed there last as what came before it."""
    async for record in told(place, mark.kafka_offset):
        log_id, previous = chained(dict(record.headers))
        if log_id == mark.log_id and previous == mark.position:
            return True
    return False


def without(records: Sequence[Any], gap: Gap) -> Sequence[Any]:
    """What comes before it on its partition, and all of the others."""
    return [
        one for one in records if (one.topic, one.partition) != gap.place or one.offset < gap.offset
    ]
