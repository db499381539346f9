"""What a text is compared as, and where its characters came from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmbot.safety.filter import WordFilter
from glmbot.safety.folding import Folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ABC", "abc"),
        ("ＡＢＣ１２", "abc12"),
        ("𝐀𝓑ⓒ", "abc"),
        ("🅰🅱🄲🇩", "abcd"),
        ("ᴀʙᴄ", "abc"),
        ("а Ь ϲ ԁ", "a b c d"),
        ("𝐈𝐋", "il"),
        ("a\u200bb\u200dc\ufeffd\u00ade", "abcde"),
        ("\u202eab\u2069", "ab"),
        ("tâblě", "table"),
        ("e\u0301\u0323", "e"),
        ("ﬁn", "fin"),
        ("Straße", "strasse"),
        ("黑\ufe0f客", "黑客"),
        ("a\U000e0061b", "ab"),
        ("각", "각"),
        ("⼈⺡", "人氵"),
        ("漢語羣", "汉语群"),
        ("，！？", "，！？"),
        ("\ud800", "\ufffd"),
    ],
)
def test_disguises_are_taken_off(text: str, folded: str) -> None:
    assert Folded(text).text == folded


@given(st.text())
def test_every_character_knows_where_it_came_from(text: str) -> None:
    folded = Folded(text)
    origins = [folded.origin(index) for index in range(len(folded.text))]
    assert origins == sorted(origins)
    for index, origin in enumerate(origins):
        assert folded.text[index] in Folded(text[origin]).text


@given(st.text(), st.text(), st.sampled_from(["gizmo", "红色气球"]))
@settings(max_examples=300, deadline=None)
def test_a_span_stays_on_its_characters(before: str, behind: str, term: str) -> None:
    text = f"{before}。\n{term}\n。{behind}"
    spans = [(one.start, one.end) for one in WordFilter([term]).matches(text)]
    start = len(before) + 2
    assert (start, start + len(term)) in spans


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=500, deadline=None)
def test_no_text_is_too_strange(text: str) -> None:
    word_filter = WordFilter(["gizmo", "blue fish", "红色气球", "禁词", "A计划", "ロケット", "풍선"])
    for match in word_filter.matches(text):
        assert 0 <= match.start < match.end <= len(text)
