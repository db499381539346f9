"""Spoilers in each platform's way, links that are defined elsewhere, and what is not cut."""

import pytest

from glmbot.content import LengthUnit, Markup, TextForm
from glmbot.text.rendering import render_parts
from tests.text.forms import DISCORD, PLAIN, TELEGRAM, rendered
from tests.text.test_matrix_and_irc import IRC, MATRIX


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (TELEGRAM, "it is <tg-spoiler>the <b>end</b></tg-spoiler>."),
        (DISCORD, "it is ||the **end**||."),
        (MATRIX, "<p>it is <span data-mx-spoiler>the <strong>end</strong></span>.</p>"),
        (IRC, "it is (spoiler: the \x02end\x02)."),
        (PLAIN, "it is (spoiler: the end)."),
    ],
)
def test_a_spoiler_is_hidden_where_that_is_possible(form: TextForm, text: str) -> None:
    """Elsewhere it is named."""
    assert rendered("it is ||the **end**||.", form) == text


def test_a_chinese_spoiler_is_named_in_chinese() -> None:
    """The language is that of the hidden text."""
    assert rendered("答案是||四十二||。", PLAIN) == "答案是（剧透：四十二）。"


@pytest.mark.parametrize("markdown", ["a || b || c", "x||y||z", "|| ||", "||||"])
def test_bars_that_hide_nothing_stay(markdown: str) -> None:
    """Operators and empty bars are text."""
    assert rendered(markdown, TELEGRAM) == markdown


@pytest.mark.parametrize(
    ("markdown", "telegram"),
    [
        ("||secret te", "<tg-spoiler>secret te</tg-spoiler>"),
        ("see *ital", "see <i>ital</i>"),
        ("**bold *and it", "<b>bold <i>and it</i></b>"),
        ("***both", "<i><b>both</b></i>"),
        ("**bold **", "<b>bold</b>"),
        ("see [the docs](https://exam", "see the docs"),
        ("see ![a cat](https://exam", "see a cat"),
    ],
)
def test_half_finished_signs_show_nothing_broken(markdown: str, telegram: str) -> None:
    """A spoiler above all is hidden from its first word on."""
    assert rendered(markdown, TELEGRAM) == telegram


def test_a_defined_link_is_a_link_and_its_definition_is_gone() -> None:
    """Labels are found whatever their case."""
    markdown = "[a][Ref] and [ref]\n\n[ref]: https://e.org/x"
    assert rendered(markdown, TELEGRAM) == '<a href="https://e.org/x">a</a> and <a href="https://e.org/x">ref</a>'


def test_a_definition_that_nothing_uses_is_text() -> None:
    """It may be a list of sources."""
    markdown = "Sources:\n\n[1]: https://e.org/x"
    assert rendered(markdown, PLAIN) == markdown


def test_a_definition_in_code_is_code() -> None:
    """Only paragraphs define links."""
    markdown = "see [a][b]\n\n```\n[b]: https://e.org\n```"
    assert rendered(markdown, PLAIN) == "see [a][b]\n\n[b]: https://e.org"


@pytest.mark.parametrize(
    "whole",
    ["[a link of words](https://e.org)", "`some code here`", "https://e.org/a-b,c", "[**a** b c](http://e.org)"],
)
def test_what_belongs_together_is_not_cut(whole: str) -> None:
    """Links, code and addresses move to the next part as a whole."""
    form = TextForm(Markup.TELEGRAM_HTML, 100, LengthUnit.UTF16_PARSED)
    expected = rendered(whole, form)
    for lead in range(70, 105):
        parts = render_parts("x" * lead + " " + whole, form)
        assert any(expected in part.text for part in parts)
