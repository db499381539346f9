"""Server-sent events, however they are cut on their way."""

from collections.abc import AsyncIterator

import pytest

from glmbot.inference.event_stream import Comment, read_events

STREAM = ': hello\r\n\r\ndata: {"a":\r\ndata:1}\r\n\r\nevent: x\nid: 7\ndata: \u2028\x85\n\n\ndata: z\r\r:\n\ndata: cut'
EVENTS = [Comment("hello"), '{"a":\n1}', "\u2028\x85", "z", Comment("")]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
async def test_events_and_comments_are_the_same_however_they_are_cut(size: int) -> None:
    async def pieces() -> AsyncIterator[str]:
        for start in range(0, len(STREAM), size):
            yield STREAM[start : start + size]

    assert [event async for event in read_events(pieces())] == EVENTS
