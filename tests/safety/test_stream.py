"""What a stream lets through, wherever its pieces are cut."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from glmbot.safety.filter import WordFilter
from glmbot.safety.stream import StreamGuard

TERMS = ["gizmo", "glass falcon", "blue fish", "ass", "禁词", "红色气球", "气球比赛开始", "a b c d"]
FRAGMENTS = [
    *("glass", "fal", "con", "g-l-a-s-s", "glassfalcon", ".", "gl.ass", "红色-气球"),
    *("gizmo", "giz", "mo", "g-i-z-m-o", "blue", " fish", "ass", "class", "a b c", " d", "G I Z M O", "ok", "s"),
    *("禁", "词", "红色", "气球", "红 色 气 球", "比赛", "字", " ", "\n", "。", "，", ". ", "**", "*", "-"),
    *("\u200b", "\u0301", "😀"),
]

WORD_FILTER = WordFilter(TERMS)


def stream(pieces: list[str], word_filter: WordFilter = WORD_FILTER) -> tuple[StreamGuard, list[str]]:
    """Send pieces through a new guard; return it and what came out for each piece and at the end."""
    guard = StreamGuard(word_filter)
    shown = [guard.add(piece) for piece in pieces]
    return guard, [*shown, guard.finish()]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it ends with gizmo", "it ends with "),
        ("这是禁词。", "这是"),
        ("xx g i z m o yy", "xx "),
        ("one blue\nfish two", "one "),
        ("说红*色*气*球吧", "说"),
        ("so gi\u200bzmo!", "so "),
        ("so Glass.Falcon it is", "so "),
        ("so g-l-a-s-s falcon it is", "so "),
        ("so #glassfalcon it is", "so #"),
        ("说红色-气球吧", "说"),
    ],
)
def test_nothing_of_a_term_is_shown_at_any_cut(text: str, shown: str) -> None:
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            guard, out = stream([text[:first], text[first:second], text[second:]])
            assert guard.match
            assert shown.startswith("".join(out))
            assert text.startswith(shown + text[guard.match.start : guard.match.end])


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join), st.lists(st.integers(1, 6), min_size=1))
@settings(max_examples=1500, deadline=None)
def test_the_cuts_make_no_difference(text: str, sizes: list[int]) -> None:
    pieces: list[str] = []
    place = 0
    while place < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[place : place + size])
        place += size
    guard, out = stream(pieces)
    whole = WORD_FILTER.first_match(text)
    if whole is None:
        assert guard.match is None
        assert "".join(out) == text
    else:
        assert guard.match
        assert text[: whole.start].startswith("".join(out))


LATIN = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x8FFF), min_size=3, max_size=5)
DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda term: term,
    "capitals": str.upper,
    "wide": lambda term: "".join(chr(ord(one) + 0xFEE0) if one.isascii() else one for one in term),
    "invisible": "\u200b".join,
    "apart": "-".join,
    "lines": "\n".join,
    "bold": lambda term: f"{term[:2]}**{term[2:]}**",
    "backwards": lambda term: f"\u202e{term[::-1]}\u202c",
    "repeated": lambda term: "".join(one * 3 for one in term),
}


@given(st.one_of(LATIN, HAN), st.sampled_from(sorted(DISGUISES)), st.sampled_from(["say ", "他说：", "", "1. "]))
@settings(max_examples=1000, deadline=None)
def test_no_character_of_a_blocked_term_is_shown(term: str, disguise: str, before: str) -> None:
    word_filter = WordFilter([term])
    text = f"{before}{DISGUISES[disguise](term)}。"
    whole = word_filter.first_match(text)
    assume(whole is not None)
    assert whole
    for cut in range(len(text) + 1):
        guard, out = stream([text[:cut], text[cut:]], word_filter)
        assert guard.match
        assert text[: whole.start].startswith("".join(out))
    guard, out = stream(list(text), word_filter)
    assert guard.match
    assert text[: whole.start].startswith("".join(out))


@pytest.mark.parametrize("disguise", sorted(DISGUISES))
@pytest.mark.parametrize("term", ["testterm", "试探词语"])
def test_the_disguises_are_seen(term: str, disguise: str) -> None:
    assert WordFilter([term]).first_match(f"say {DISGUISES[disguise](term)}。")


@given(st.lists(st.text(max_size=8)))
@settings(max_examples=300, deadline=None)
def test_clean_text_comes_through_unchanged(pieces: list[str]) -> None:
    guard, out = stream(pieces, WordFilter(["an unlikely phrase"]))
    assert "".join(out) == "".join(pieces)
    assert guard.match is None


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_more_than_64_characters_are_held_back(pieces: list[str]) -> None:
    guard = StreamGuard(WORD_FILTER)
    num_held = 0
    for piece in pieces:
        num_held += len(piece) - len(guard.add(piece))
        if guard.match:
            return
        assert num_held <= 64


def test_invisible_characters_cannot_hold_a_stream_up() -> None:
    guard = StreamGuard(WORD_FILTER)
    shown = guard.add("giz" + "\u200b" * 500)
    assert len(shown) >= 503 - 64


@pytest.mark.parametrize(
    "text", ["Hello, how are you?", "你好，今天天气不错。", "gizmos are fun ", "禁止 ", "classes, passes "]
)
def test_text_that_begins_no_term_is_shown_at_once(text: str) -> None:
    guard = StreamGuard(WORD_FILTER)
    assert guard.add(text) == text


def test_a_false_start_is_shown_as_soon_as_it_is_one() -> None:
    guard = StreamGuard(WORD_FILTER)
    assert [guard.add(piece) for piece in ("a gi", "z", "m", "a", "x")] == ["a ", "", "", "gizma", "x"]


def test_a_word_waits_for_its_end() -> None:
    guard = StreamGuard(WORD_FILTER)
    assert guard.add("gizmo") == ""
    assert guard.add("s") == "gizmos"


def test_nothing_is_shown_after_a_match() -> None:
    guard = StreamGuard(WORD_FILTER)
    assert guard.add("见禁词，后面") == "见"
    assert guard.match
    assert (guard.match.start, guard.match.end) == (1, 3)
    assert [guard.add("more"), guard.finish()] == ["", ""]


def test_places_of_a_match_count_from_the_beginning_of_the_stream() -> None:
    guard, _ = stream(["x" * 100 + " ", "y" * 100, " gizmo", "."])
    assert guard.match
    assert (guard.match.start, guard.match.end) == (202, 207)


def test_a_term_in_the_middle_of_a_word_stays_one_after_its_beginning_was_shown() -> None:
    guard, out = stream(["mega", "gizmo", " ok"])
    assert guard.match is None
    assert "".join(out) == "megagizmo ok"


@pytest.mark.parametrize("unit", ["word and assets ", "字的红色气", "gizm ", "g "])
def test_a_long_stream_takes_linear_time(unit: str) -> None:
    """Looking at the whole text for every piece would take hours; the suite's time limit notices."""
    text = unit * (200_000 // len(unit))
    guard, out = stream([text[place : place + 16] for place in range(0, len(text), 16)])
    assert guard.match is None
    assert "".join(out) == text
