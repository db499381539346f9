"""Tests the budget of calls that the answers in one chat share."""

from collections.abc import Sequence

import pytest

from glmbot.delivery.pace import GROUP_FACTOR, MAX_FACTOR, Pace, Paces
from glmbot.events import Chat, ChatKind

PRIVATE = Chat("telegram", "1", ChatKind.PRIVATE)
GROUP = Chat("telegram", "-5", ChatKind.GROUP, thread_id="7")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    """Give the clock of a test."""
    return Clock()


def test_the_first_live_edit_need_not_wait(clock: Clock) -> None:
    """A chat in which nothing happens has room."""
    assert Pace(1.5, clock).reserve() == 0.0


def test_parallel_answers_take_turns(clock: Clock) -> None:
    """Three answers in one chat get a third of the edits each; none of them gets them all."""
    pace = Pace(3.0, clock)
    assert [pace.reserve() for _ in range(3)] == [0.0, 3.0, 6.0]


def test_time_that_nobody_used_is_not_saved_up(clock: Clock) -> None:
    """After a silence there is one turn at once, not many."""
    pace = Pace(3.0, clock)
    pace.reserve()
    clock.at += 60
    assert [pace.reserve(), pace.reserve()] == [0.0, 3.0]


def test_a_final_message_takes_a_turn_away(clock: Clock) -> None:
    """It leaves at once, and the live edits keep their distance to it."""
    pace = Pace(3.0, clock)
    pace.spend()
    assert pace.reserve() == 3.0


def test_a_chat_is_left_alone_for_as_long_as_its_platform_asks(clock: Clock) -> None:
    """And is changed more slowly afterwards, up to a limit."""
    pace = Pace(1.5, clock)
    pace.note_wait(20.0)
    assert (pace.reserve(), pace.interval) == (20.0, 3.0)
    for _ in range(10):
        pace.note_wait(0.0)
    assert pace.interval == 1.5 * MAX_FACTOR


def test_a_chat_recovers_with_each_call_that_goes_through(clock: Clock) -> None:
    """But never below the platform's own interval."""
    pace = Pace(1.5, clock)
    pace.note_wait(0.0)
    intervals = _intervals_of_successes(pace, 30)
    assert intervals == sorted(intervals, reverse=True)
    assert intervals[-1] == 1.5


def test_groups_are_changed_more_slowly_and_their_threads_share(clock: Clock) -> None:
    """Platforms limit the chat, whatever threads it has."""
    paces = Paces()
    private, group = paces.of(PRIVATE, 1.5), paces.of(GROUP, 1.5)
    assert (private.interval, group.interval) == (1.5, 1.5 * GROUP_FACTOR)
    assert paces.of(Chat("telegram", "-5", ChatKind.GROUP), 1.5) is group
    assert paces.of(Chat("other", "-5", ChatKind.GROUP), 1.5) is not group


def test_a_pace_is_forgotten_with_the_last_answer() -> None:
    """A bot in a million chats keeps those in which something is being written."""
    paces = Paces()
    pace = paces.of(PRIVATE, 1.5)
    assert paces.find(PRIVATE) is pace
    del pace
    assert paces.find(PRIVATE) is None


def _intervals_of_successes(pace: Pace, number: int) -> Sequence[float]:
    intervals = []
    for _ in range(number):
        pace.note_success()
        intervals.append(pace.interval)
    return intervals
