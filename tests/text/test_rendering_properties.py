"""What holds for any text: limits, fences, readable HTML, nothing lost, nothing changed behind."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from glmbot.content import LengthUnit, Markup, TextForm
from glmbot.text.rendering import render_parts
from tests.text.forms import assert_within_limit, has_balanced_fences, without_space
from tests.text.telegram_html import parsed

SIGNS = [
    "*",
    "**",
    "_",
    "`",
    "``",
    "~~",
    "[",
    "](http://a.b/c)",
    "!",
    "<",
    ">",
    "&",
    "&amp;",
    "\\",
    "|",
    "#",
    "- ",
    "1. ",
]
WORDS = [
    "word",
    "snake_case",
    "字",
    "句子。",
    "Stop. ",
    "👩‍👩‍👧",
    "🇩🇪",
    "e\u0301",
    "a" * 30,
    "http://x.y/z_1",
    "@everyone",
    "   ",
]
LINES = [
    "\n",
    "\n\n",
    "\n- ",
    "\n  - ",
    "\n3. ",
    "\n> ",
    "\n# ",
    "\n```py\n",
    "\n```\n",
    "\n~~~\n",
    "\n---\n",
    "\n\n    ",
    "\n|a|b|\n|-|-|\n|c|d|\n",
]

any_markdown = st.lists(st.sampled_from(SIGNS + WORDS + LINES) | st.characters(), max_size=60).map("".join)
any_form = st.builds(
    TextForm, st.sampled_from(Markup), st.integers(20, 200) | st.just(2000), st.sampled_from(LengthUnit)
)

numbered_words = st.integers(1, 400).map(lambda count: [f"w{number}x" for number in range(count)])
SHAPES = [
    *("{} ", "{}\n", "{}\n\n", "**{}** ", "`{}` ", "~~{}~~\n", "\n- {}\n", "\n  - {}\n", "\n\n7. {}\n", "\n\n> {}\n"),
    *(
        "\n\n# {}\n\n",
        "\n\n```py\n{}\n\n```\n",
        "\n\n|{}|b|\n|-|-|\n|c|d|\n\n",
        "[{}](http://a.b) ",
        "{}。",
        "**{}",
        "`{}",
    ),
]
PIECES = [*WORDS, "**bold** ", "`code` ", "\n", "\n\n", "\n- ", "\n2. ", "\n\n```py\n", "\nx = 1\n", "\n```\n\n"]
growing_pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=60)


@given(any_markdown, any_form)
@settings(max_examples=400, deadline=None)
def test_every_part_is_within_the_limit(markdown: str, form: TextForm) -> None:
    for part in render_parts(markdown, form):
        assert_within_limit(part, form)


@given(any_markdown, st.integers(20, 300), st.sampled_from(LengthUnit))
@settings(max_examples=400, deadline=None)
def test_telegram_can_parse_every_part(markdown: str, max_length: int, unit: LengthUnit) -> None:
    for part in render_parts(markdown, TextForm(Markup.TELEGRAM_HTML, max_length, unit)):
        parsed(part.text)


@given(any_markdown, st.integers(100, 300))
@settings(max_examples=300, deadline=None)
def test_discord_sees_only_closed_fences(markdown: str, max_length: int) -> None:
    for part in render_parts(markdown, TextForm(Markup.DISCORD, max_length, LengthUnit.CHARACTERS)):
        assert has_balanced_fences(part.text)


@given(st.data(), numbered_words, any_form)
@settings(max_examples=200, deadline=None)
def test_every_word_arrives_once_and_in_order(data: st.DataObject, words: list[str], form: TextForm) -> None:
    shapes = data.draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=8))
    markdown = "".join(shapes[number % len(shapes)].format(word) for number, word in enumerate(words))
    parts = render_parts(markdown, form)
    arrived = without_space("".join(re.sub(r"^[> ]+", "", part.plain, flags=re.MULTILINE) for part in parts))
    found = re.findall(r"w\d+x", re.sub(r"\(http://a.b\)|\x60|~|py", "", arrived))
    assert found == words


@given(growing_pieces, st.integers(60, 120), st.sampled_from([Markup.DISCORD, Markup.PLAIN]))
@settings(max_examples=100, deadline=None)
def test_earlier_parts_stay_while_a_text_grows(pieces: list[str], max_length: int, markup: Markup) -> None:
    form = TextForm(markup, max_length, LengthUnit.CHARACTERS)
    shown: list[str] = []
    for end in range(1, len(pieces) + 1):
        parts = [part.text for part in render_parts("".join(pieces[:end]), form)]
        assert parts[: max(len(shown) - 1, 0)] == shown[:-1]
        shown = parts
