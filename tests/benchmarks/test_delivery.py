"""The delivery benchmark on a sample of its corpus, and that its readers notice what is wrong."""

import pytest
from delivery import CORPUS, Answer, check, load
from delivery_parts.judging import judge
from delivery_parts.make_corpus import corpus
from delivery_parts.platforms import DISCORD, IRC, MATRIX, ONEBOT, PLATFORMS, TELEGRAM, Platform
from delivery_parts.streaming import streamed

MAX_CHARACTERS = 6000
SAMPLE = [answer for answer in load(CORPUS) if len(answer.markdown) <= MAX_CHARACTERS]


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_short_answers_of_the_corpus_arrive_whole(platform: Platform) -> None:
    """Text, code, links and spoilers come back exactly, and the platform refuses nothing."""
    wrong = {answer.id: verdict for answer, _, verdict in check(SAMPLE[::4], platform) if not verdict.is_good}
    assert not wrong


async def test_streamed_answers_end_as_if_rendered_at_once() -> None:
    """Pieces cut anywhere, and refusals in between, change nothing in the end."""
    answers = [Answer(answer.id, answer.markdown) for answer in SAMPLE[::50]]
    assert await streamed(answers, PLATFORMS, seed=7) == []


def test_the_corpus_is_what_its_script_makes() -> None:
    """Whoever changes the templates writes the file anew."""
    assert [(answer.id, answer.markdown) for answer in load(CORPUS)] == list(corpus())


@pytest.mark.parametrize(
    ("platform", "markdown", "texts"),
    [
        (TELEGRAM, "**a**", ["<b>a"]),
        (TELEGRAM, "**a** `b`", ["<b>a <code>b</code></b>"]),
        (TELEGRAM, "a < b", ["a < b"]),
        (TELEGRAM, "x" * 5000, ["x" * 5000]),
        (TELEGRAM, "a b c", ["a b"]),
        (TELEGRAM, "```py\nx\n```", ["<pre>x</pre>"]),
        (TELEGRAM, "```py\n  x\n```", ['<pre><code class="language-py">x</code></pre>']),
        (TELEGRAM, "[a](https://b.c)", ["a"]),
        (TELEGRAM, "`a`", ["a"]),
        (TELEGRAM, "||a||", ["a"]),
        (TELEGRAM, "👩‍👩‍👧", ["👩‍👩", "\u200d👧"]),
        (TELEGRAM, "$\\frac{a}{b}$", ["a/c"]),
        (DISCORD, "```py\nx\n```", ["```py\nx"]),
        (DISCORD, "\\*a\\*", ["*a*"]),
        (DISCORD, "<@123>", ["<@123>"]),
        (DISCORD, "[a](https://b.c)", ["[a](https://b.d)"]),
        (MATRIX, "- a", ["<li>a</li>"]),
        (MATRIX, "a", ["<script>a</script>"]),
        (MATRIX, "7. a", ["<ol><li>a</li></ol>"]),
        (IRC, "a\nb", ["a\nb"]),
        (IRC, "字" * 200, ["字" * 200]),
        (IRC, "**a** b", ["\x02a b"]),
        (ONEBOT, "a [b](https://c.d)", ["a b"]),
        (ONEBOT, "3. a", ["1. a"]),
    ],
)
def test_the_readers_notice_what_is_wrong(platform: Platform, markdown: str, texts: list[str]) -> None:
    """Each of these would be refused, cut, or shown otherwise than it was meant."""
    assert not judge(markdown, texts, platform).is_good
