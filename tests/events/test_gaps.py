"""What a partition itself says of a record that does not follow."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from sqlalchemy import Engine

from libs.events.core.kernel import Event
from libs.events.kafka.clients import open_broker
from libs.events.listening.consumer import BatchConsumer
from libs.events.listening.gaps import Follows, what_follows
from libs.events.listening.listener import Listener
from libs.events.listening.watermarks import Gap
from tests.events.test_listening import CLOSED, OPENED, Record, changed, marks, partition
from tests.events.test_listening import inn as inn

SAID: Sequence[Event] = (OPENED, CLOSED) * 4


def at(record: Record, offset: int) -> Record:
    return record._replace(offset=offset)


def told_of(records: Sequence[Record]) -> Any:
    async def told(place: tuple[str, int], start: int) -> AsyncIterator[Record]:
        for record in records:
            if record.offset >= start:
                yield record

    return told


def gap_of(inn: Listener, record: Record) -> Gap:
    with pytest.raises(Gap) as gap:
        inn.take_in([record])
    return gap.value


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        ([], Follows.NOTHING),
        (["its own"], Follows.ITSELF),
        (["the true one"], Follows.ANOTHER),
        (["its own", "the true one"], Follows.ANOTHER),
    ],
)
async def test_the_chain_says_which_of_two_follows(
    inn: Listener, behind: Sequence[str], said: Follows
) -> None:
    first, second, third, *_ = partition(*SAID)
    strange = at(changed(third, "lianban-previous", b"2"), 1)  # 2 has never been consumed
    inn.take_in([first])
    gap = gap_of(inn, strange)
    records = {
        "its own": changed(changed(second, "ce_sequence", b"4"), "lianban-previous", b"3"),
        "the true one": second,
    }
    rest = [at(records[name], 2 + place) for place, name in enumerate(behind)]
    assert await what_follows(told_of([first, strange, *rest]), gap) is said


async def test_what_was_consumed_and_lies_there_no_more_is_a_loss(inn: Listener) -> None:
    first, _, third, *_ = partition(*SAID)
    inn.take_in([first])
    gap = gap_of(inn, third)
    others = [at(one, place) for place, one in enumerate(partition(*SAID))]
    assert await what_follows(told_of(others), gap) is Follows.ITSELF
    assert await what_follows(told_of([]), gap) is Follows.ITSELF


async def test_another_log_on_a_partition_that_began_as_ours_is_nobody(inn: Listener) -> None:
    ours = partition(*SAID)
    inn.take_in(ours[:2])
    foreign = at(partition(*SAID, log="two")[2], 2)
    gap = gap_of(inn, foreign)
    assert await what_follows(told_of([*ours[:2], foreign]), gap) is Follows.ANOTHER
    assert await what_follows(told_of([foreign]), gap) is Follows.ITSELF


async def test_a_partition_that_nobody_can_judge_waits_alone_and_goes_on(
    inn: Listener, store: Engine
) -> None:
    """The others go on meanwhile; and that it waits can be seen."""
    first, second, third, *_ = partition(*SAID)
    strange = at(changed(third, "lianban-previous", b"2"), 1)
    other = [one._replace(partition=1) for one in partition(*SAID)[:3]]
    lies = [first, strange]
    consumer = BatchConsumer(open_broker("127.0.0.1:1"), inn, told=told_of(lies))
    kafka = consumer._subscriber = Subscriber()
    await consumer._hear(message([first, strange, *other]))
    assert consumer.waiting == 1
    assert not consumer.stopped
    assert kafka.consumer.paused == [0]
    assert marks(store)
    lies.append(at(second, 2))
    await consumer._look_again()
    assert consumer.waiting == 0
    assert kafka.consumer.sought == {0: 1}
    await consumer._hear(message([strange, at(second, 2)]))
    assert not consumer.stopped


class Consumer:
    def __init__(self) -> None:
        self.paused: list[int] = []
        self.sought: dict[int, int] = {}

    def pause(self, *places: Any) -> None:
        self.paused += [one.partition for one in places]

    def resume(self, *places: Any) -> None:
        self.paused = [one for one in self.paused if one not in {p.partition for p in places}]

    def seek(self, place: Any, offset: int) -> None:
        self.sought[place.partition] = offset

    def assignment(self) -> set[Any]:
        return {TopicPartition("toy.events", number) for number in range(2)}


class Subscriber:
    def __init__(self) -> None:
        self.consumer = Consumer()


class Message:
    def __init__(self, records: Sequence[Any]) -> None:
        self.raw_message = [Stamped(one) for one in records]


class Stamped:
    """A record, with the moment at which it was put there."""

    def __init__(self, record: Record) -> None:
        self.__dict__ |= {**record._asdict(), "timestamp": 0}


def message(records: Sequence[Any]) -> Any:
    return Message(records)
