"""On which partition a stream lies, however often its topic was given more."""

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from libs.events.kafka.partitions import Placing, Spread, partition_of
from libs.events.kafka.topics import of_partitions, of_settings
from libs.events.store.vault import Vault
from libs.events.system.settings import Topics
from tests.events.toy import OpenRoom, asked, book, settler

TOPIC = "toy.events"
GROWTHS = st.lists(st.tuples(st.integers(1, 1_000), st.integers(2, 12)), max_size=4)


@given(first=st.integers(1, 6), growths=GROWTHS, began=st.integers(1, 1_200))
def test_a_stream_is_placed_by_the_number_that_held_when_it_began(
    first: int, growths: list[tuple[int, int]], began: int
) -> None:
    spread = Spread.of(TOPIC, first)
    for behind, count in sorted(growths):
        spread = spread.grown(behind, count)
    held = [first, *(count for behind, count in sorted(growths) if behind < began)]
    # Of two at one position the later one holds: nothing began between them.
    at_once = {behind: count for behind, count in sorted(growths) if behind < began}
    assert spread.count_at(began) == (list(at_once.values()) or held)[-1]
    assert Spread.read(TOPIC, {**spread.written(), "toy.events/0": 7}) == spread
    assert Spread.read("other.events", spread.written()) is None


def test_what_began_before_stays_and_what_begins_later_is_spread(
    store: Engine, vault: Vault
) -> None:
    toy = settler(store, vault)
    with toy.log.transaction() as tx:
        toy.settle(tx, asked(*(OpenRoom(room=f"old-{n}") for n in range(40))))
        behind = toy.log.lock(tx)
        toy.settle(tx, asked(*(OpenRoom(room=f"new-{n}") for n in range(40))))
        toy.settle(tx, asked(*(book(f"old-{n}") for n in range(40))))
    placing = Placing(Spread.of(TOPIC, 3).grown(behind, 8))
    with toy.log.engine.connect() as tx:
        page = toy.log.read(tx, after=0)
        later = placing.later(tx, page)
        # Also where the page does not show where its streams began.
        tail = toy.log.read(tx, after=behind)
        assert Placing(placing.spread).later(tx, tail) == later
    began = {one.subject: one.position for one in page if one.sequence == 1}
    for subject, at in began.items():
        if at <= behind:
            assert subject not in later
        elif partition_of(subject.encode(), 3) != partition_of(subject.encode(), 8):
            assert later[subject] == 8


def test_safe_defaults_follow_from_the_number_of_brokers() -> None:
    assert [Topics().copies(n) for n in (1, 2, 3, 5)] == [(1, 1), (2, 1), (3, 2), (3, 2)]
    assert Topics(replication=3).copies(1) == (3, 2)
    assert Topics(replication=2, in_sync=2).copies(3) == (2, 2)


def test_what_differs_is_told_with_what_mends_it() -> None:
    right = {
        "retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete",
        "max.message.bytes": "2097152", "min.insync.replicas": "2",
    }  # fmt: skip
    assert list(of_settings(TOPIC, right, 2, 3)) == []
    # A broker is away: what holds for three is no fault by the count of two.
    assert list(of_settings(TOPIC, right, 1, 3)) == []
    (one,) = of_settings(TOPIC, right | {"min.insync.replicas": "4"}, 2, 3)
    assert (one.what, one.refuses) == ("min.insync.replicas", False)
    (one,) = of_settings(TOPIC, right | {"retention.bytes": "9"}, 2, 3)
    assert (one.what, one.mend, one.refuses) == ("retention.bytes", "lianban topics mend", True)
    assert list(of_partitions(TOPIC, 3, None)) == list(of_partitions(TOPIC, 3, 3)) == []
    (one,) = of_partitions("agency.CGW", 2, 1)
    assert one.mend.startswith("kafka-topics.sh --delete")
