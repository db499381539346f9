"""What a stream has to hold back, and what not."""

import pytest

from glmbot.safety.filter import WordFilter


@pytest.mark.parametrize("text", ["all of it", "one ", "the end", "mid-sentence: done"])
def test_the_end_of_a_word_is_no_beginning_of_pinyin(text: str) -> None:
    assert WordFilter(["他的词", "呢子大衣", "诺言", "得到词"]).prefixes.first(text) is None


@pytest.mark.parametrize(("text", "place"), [("say t", 4), ("说t", 1), ("x-ta", 2), ("1ta", 1), ("a<b>ta", 4)])
def test_pinyin_begins_where_its_word_does(text: str, place: int) -> None:
    assert WordFilter(["他的词"]).prefixes.first(text) == place
