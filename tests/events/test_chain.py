"""The chain of a partition: what is missing is noticed, and so is what was never there."""

import pytest
from sqlalchemy import Engine

from libs.events.listening.listener import Listener
from libs.events.listening.watermarks import Gap
from tests.events.test_listening import (
    CLOSED,
    OPENED,
    REACTIONS,
    changed,
    marks,
    partition,
    replace_reactions,
)
from tests.events.test_listening import inn as inn


class TestTheChain:
    def test_a_gap_is_noticed_and_nothing_moves(self, inn: Listener, store: Engine) -> None:
        first, second, third = partition(OPENED, CLOSED, OPENED)
        inn.take_in([first])
        with pytest.raises(Gap):
            inn.take_in([third])
        assert marks(store) == {"inn.bookings": 1, "inn.rooms": 1}
        inn.take_in([first, second, third])
        assert marks(store) == {"inn.bookings": 3, "inn.rooms": 3}

    def test_both_copies_lost_is_noticed(self, inn: Listener, store: Engine) -> None:
        """A log that was restored while Kafka had just lost what it held says other things at the
        same positions: they are not taken for what was heard before."""
        inn.take_in(partition(OPENED, CLOSED))
        with pytest.raises(Gap, match="a log was lost"):
            inn.take_in(partition(OPENED, CLOSED, OPENED))
        assert marks(store) == {"inn.bookings": 2, "inn.rooms": 2}

    def test_a_forged_predecessor_is_a_gap(self, inn: Listener, store: Engine) -> None:
        first, second = partition(OPENED, CLOSED)
        inn.take_in([first])
        with pytest.raises(Gap):
            inn.take_in([changed(second, "lianban-previous", b"0")])
        assert marks(store) == {"inn.bookings": 1, "inn.rooms": 1}

    def test_another_log_on_the_same_topic_is_noticed(self, inn: Listener, store: Engine) -> None:
        inn.take_in(partition(OPENED))
        with pytest.raises(Gap):
            inn.take_in(partition(CLOSED, log="two", after=1))
        assert marks(store) == {"inn.bookings": 1, "inn.rooms": 1}

    def test_a_new_reaction_begins_at_the_beginning(self, inn: Listener, store: Engine) -> None:
        first, second = partition(OPENED, CLOSED)
        replace_reactions(inn, {"inn.rooms": REACTIONS["inn.rooms"]}).take_in([first])
        with pytest.raises(Gap):
            inn.take_in([second])
        inn.take_in([first, second])
        assert marks(store) == {"inn.bookings": 2, "inn.rooms": 2}
