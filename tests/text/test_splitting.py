"""Where a long text is cut, and that nothing of it is lost."""

import re

import pytest

from glmbot.content import LengthUnit, Markup, TextForm
from glmbot.text.graphemes import cluster_start
from glmbot.text.rendering import render_parts
from tests.text.forms import (
    DISCORD,
    MARKDOWN,
    PLAIN,
    TELEGRAM,
    assert_within_limit,
    has_balanced_fences,
    without_space,
)
from tests.text.telegram_html import parsed

SMALL = TextForm(Markup.PLAIN, 40, LengthUnit.CHARACTERS)
FORMS = [TELEGRAM, DISCORD, PLAIN, MARKDOWN]
CLUSTERS = [
    "👨‍👩‍👧‍👦",
    "👍🏽",
    "🇩🇪",
    "e\u0301\u0323",
    "1️⃣",
    "🏴\U000e0067\U000e0062\U000e007f",
    "\u1100\u1161\u11a8",
    "क्ष",
    "❤️‍🔥",
]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a " * 14 + "\n\n" + "b " * 14, [" ".join("a" * 14), " ".join("b" * 14)]),
        ("a " * 14 + "\n" + "b " * 14, [" ".join("a" * 14), " ".join("b" * 14)]),
        (
            "One two three four. Five six seven. Eight nine ten.",
            ["One two three four. Five six seven. ", "Eight nine ten."],
        ),
        ("一二三四五六七八九十一二三四五六七八九十一。二三四五六七八九十一二三四五六七八九十", None),
        ("abcdefghij " * 5, ["abcdefghij " * 3, "abcdefghij abcdefghij"]),
        ("x" * 50, ["x" * 40, "x" * 10]),
    ],
)
def test_a_part_ends_at_the_best_place(text: str, parts: list[str] | None) -> None:
    found = [part.text for part in render_parts(text, SMALL)]
    assert found == (parts or [text[:22], text[22:]])


def test_a_heading_stays_with_its_text() -> None:
    parts = render_parts("a " * 12 + "\n\n# Title\n\n" + "b " * 15, SMALL)
    assert parts[1].text.startswith("Title\n\nb")


def test_ordered_numbers_go_on_in_the_next_part() -> None:
    parts = render_parts("\n".join(f"1. item number {n}" for n in range(1, 9)), SMALL)
    assert parts[1].text.startswith("3. item number 3")


def test_a_long_code_answer_stays_code_in_every_part() -> None:
    code = "\n".join(f"    value_{n} = compute({n}) if {n} < limit else None" for n in range(400))
    parts = render_parts(f"Here you are:\n\n```python\n{code}\n```\n\nDone.", DISCORD)
    assert all(has_balanced_fences(part.text) for part in parts)
    assert all("```python\n    value_" in part.text for part in parts)
    inner = [re.search("```python\n(.*)\n```", part.text, re.DOTALL) for part in parts]
    assert "\n".join(found[1] for found in inner if found) == code


def test_code_in_a_list_is_reopened_in_the_source_dialect() -> None:
    code = "\n".join(f"   line {n}" for n in range(400))
    parts = render_parts(f"1. run\n   ```sh\n{code}\n   ```\n2. done", TextForm(Markup.MARKDOWN, 500, LengthUnit.BYTES))
    assert all(has_balanced_fences(part.text) for part in parts)
    assert all(part.text.startswith("   ```sh\n") for part in parts[1:-1])


def test_styles_go_on_in_the_next_part() -> None:
    form = TextForm(Markup.TELEGRAM_HTML, 40, LengthUnit.UTF16_PARSED)
    first, second = render_parts("**" + "word " * 8 + "and so on**", form)
    assert first.text == "<b>word word word word word word word word</b> "
    assert second.text == "<b>and so on</b>"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("unit", ["word ", "字", "👨‍👩‍👧‍👦", "句子很短。", "<&>", "a\n\n", "**b** "])
def test_thirty_thousand_characters_arrive(unit: str, form: TextForm) -> None:
    text = unit * (30_000 // len(unit))
    parts = render_parts(text, form)
    for part in parts:
        assert_within_limit(part, form)
    assert without_space("".join(part.plain for part in parts)) == without_space(text.replace("**", ""))


@pytest.mark.parametrize("cluster", CLUSTERS)
@pytest.mark.parametrize("form", FORMS)
def test_visible_characters_are_never_torn(cluster: str, form: TextForm) -> None:
    parts = render_parts("x" + cluster * 3000, form)
    assert len(parts) > 1
    for part in parts:
        assert len(part.plain.removeprefix("x")) % len(cluster) == 0


def test_a_character_larger_than_a_message_is_cut_all_the_same() -> None:
    parts = render_parts("a" + "\u0301" * 100, SMALL)
    assert "".join(part.text for part in parts) == "a" + "\u0301" * 100


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_cluster_starts_where_it_starts(cluster: str) -> None:
    text = cluster * 3
    starts = {cluster_start(text, position) for position in range(len(text) + 1)}
    assert starts == {0, len(cluster), 2 * len(cluster), 3 * len(cluster)}


def test_parts_stay_as_they_are_while_the_text_grows() -> None:
    text = (
        "# Answer\n\nSome **bold** words, and `code`. " * 10
        + "\n\n1. one\n2. two\n\n```py\n"
        + "print(1)\n" * 80
        + "```\n\n> quoted\n\n"
        + "结尾的一段话，**很重要**。" * 60
    )
    for form in (TextForm(Markup.DISCORD, 300, LengthUnit.CHARACTERS), TextForm(Markup.PLAIN, 200, LengthUnit.BYTES)):
        shown: list[str] = []
        for end in range(0, len(text) + 1, 3):
            parts = [part.text for part in render_parts(text[:end], form)]
            assert parts[: len(shown) - 1] == shown[:-1], text[:end][-50:]
            shown = parts


@pytest.mark.parametrize(
    "text",
    [
        "The quick **brown** fox jumps over the lazy dog, and `so` on. " * 16_000,
        "word " * 200_000,
        "字" * 1_000_000,
        "```py\n" + "    print('hello')\n" * 55_000,
        "*a " * 330_000,
        "[" * 1_000_000,
        "\n" * 1_000_000,
    ],
)
@pytest.mark.parametrize("form", [TELEGRAM, DISCORD])
def test_time_grows_with_the_text_and_no_faster(text: str, form: TextForm) -> None:
    """A loop over the whole text for every part would take minutes here; the suite's time limit notices."""
    for part in render_parts(text, form):
        assert_within_limit(part, form)


def test_telegram_counts_what_is_left_when_it_has_parsed() -> None:
    (part,) = render_parts("<" * 4096, TELEGRAM)
    assert len(part.text) == 4 * 4096
    assert parsed(part.text) == "<" * 4096
    assert len(render_parts("😀" * 2049, TELEGRAM)) == 2
