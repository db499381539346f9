"""Text that nobody writes: no exception, and no more work for each character of a longer one."""

import random
import time

import pytest

from glmbot.safety.filter import WordFilter
from glmbot.safety.stream import StreamGuard

WORD_FILTER = WordFilter(["gizmo", "blue fish", "红色气球", "禁词", "A计划", "ロケット", "a b c d", "哈哈镜"])
REPEATED = {
    "one letter": "a",
    "two letters": "ab",
    "a letter of a term": "红",
    "beginning of a term": "giz",
    "beginning of a term in Chinese": "红色气",
    "beginning of a term, apart": "g-i-z-",
    "accents": "\u0301\u0323",
    "letters with accents": "e\u0301\u0302",
    "invisible": "\u200b\u200d\ufeff",
    "term with invisible characters": "g\u200bi\u200bz\u200b",
    "turned around": "\u202ea",
    "turned around and back": "\u202eomzi\u202c",
    "tags": "\U000e0067\U000e0069",
    "flags": "\U0001f1e6\U0001f1e7\U0001f1e8",
    "brackets": "<",
    "open tags": "<b ",
    "markup": "a**",
    "signs": "$!@",
    "pinyin": "hongse",
    "syllables": "xian ",
    "syllables without spaces": "ngan",
    "parts of characters": "纟工",
    "ligatures": "ﷺﬃ",
    "lines": "\n\r\u2028",
    "half of a pair": "\ud83d",
}


def anything(rng: random.Random, number: int) -> str:
    """Return so many of all code points."""
    return "".join(map(chr, rng.choices(range(0x110000), k=number)))


def test_a_million_of_all_characters_are_read() -> None:
    text = anything(random.Random(7), 1_000_000)
    assert all(0 <= match.start < match.end <= len(text) for match in WORD_FILTER.matches(text))
    assert WORD_FILTER.first_match(text[:500_000] + "。红色气球。" + text[500_000:])


def test_a_stream_of_all_characters_comes_through() -> None:
    guard = StreamGuard(WORD_FILTER)
    text = anything(random.Random(8), 20_000)
    pieces = [guard.add(text[place : place + 7]) for place in range(0, len(text), 7)]
    assert "".join(pieces) + guard.finish() == text


@pytest.mark.parametrize("kind", REPEATED)
def test_four_times_the_text_is_no_sixteen_times_the_work(kind: str) -> None:
    """Between 4, which would be in proportion, and 16: the processor is shared with others."""
    unit = REPEATED[kind]
    short, long = (min(_seconds(unit * (size // len(unit))) for _ in range(3)) for size in (20_000, 80_000))
    assert long < 10 * max(short, 0.001)


def _seconds(text: str) -> float:
    begin = time.thread_time()
    for match in WORD_FILTER.matches(text):
        assert match.end <= len(text)
    return time.thread_time() - begin
