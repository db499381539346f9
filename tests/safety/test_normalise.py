"""What a text is compared as, and where its characters came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmbot.safety.normalise import normalise


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ABC", "abc"),
        ("ＡＢＣ１２", "abc12"),
        ("𝐀𝓑ⓒ", "abc"),
        ("a\u200bb\u200dc\ufeffd\u00ade", "abcde"),
        ("\u202eab\u2069", "ab"),
        ("tâblě", "table"),
        ("e\u0301\u0323", "e"),
        ("ﬁn", "fin"),
        ("Straße", "strasse"),
        ("黑\ufe0f客", "黑客"),
        ("a\U000e0061b", "ab"),
        ("각", "각"),
        ("⼈", "人"),
    ],
)
def test_disguises_are_taken_off(text: str, folded: str) -> None:
    assert normalise(text).folded == folded


@given(st.text())
def test_every_character_knows_where_it_came_from(text: str) -> None:
    normalised = normalise(text)
    assert len(normalised.origins) == len(normalised.folded)
    assert list(normalised.origins) == sorted(normalised.origins)
    assert all(0 <= origin < len(text) for origin in normalised.origins)
    assert "".join(normalised.folded[place] for place in normalised.places) == normalised.letters
