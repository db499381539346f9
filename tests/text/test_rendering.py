"""What Markdown looks like in each dialect."""

import pytest

from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.text.rendering import render_parts, widest_table
from tests.text.forms import DISCORD, MARKDOWN, PLAIN, TELEGRAM, rendered
from tests.text.telegram_html import parsed


@pytest.mark.parametrize("text", ["", "   \n\t\n ", "\u200b", "```\n\n```"])
@pytest.mark.parametrize("form", [TELEGRAM, DISCORD, PLAIN, MARKDOWN])
def test_a_text_with_nothing_to_see_has_no_parts(text: str, form: TextForm) -> None:
    assert render_parts(text, form) == []


@pytest.mark.parametrize(
    ("markdown", "plain", "discord", "telegram"),
    [
        ("Hello!", "Hello!", "Hello!", "Hello!"),
        ("# Title", "Title", "# Title", "<b>Title</b>"),
        ("##### Deep", "Deep", "### Deep", "<b>Deep</b>"),
        ("**a** *b* ~~c~~ `d`", "a b c d", "**a** *b* ~~c~~ `d`", "<b>a</b> <i>b</i> <s>c</s> <code>d</code>"),
        ("**a *b* c**", "a b c", "**a *b* c**", "<b>a <i>b</i> c</b>"),
        ("# A **b**", "A b", "# A **b**", "<b>A b</b>"),
        ("one\ntwo  \nthree", "one\ntwo\nthree", "one\ntwo\nthree", "one\ntwo\nthree"),
        ("one\n\n\n\ntwo", "one\n\ntwo", "one\n\ntwo", "one\n\ntwo"),
        ("- a\n- b\n  - c", "• a\n• b\n  • c", "- a\n- b\n  - c", "• a\n• b\n  • c"),
        ("3. a\n4. b", "3. a\n4. b", "3. a\n4. b", "3. a\n4. b"),
        ("1. a\n1. b\n1. c", "1. a\n2. b\n3. c", "1. a\n2. b\n3. c", "1. a\n2. b\n3. c"),
        ("1. a\n   b", "1. a\n  b", "1. a\n  b", "1. a\n  b"),
        ("-\n- b", "•\n• b", "•\n- b", "•\n• b"),
        ("> a\n> b", "> a\n> b", "> a\n> b", "<blockquote>a\nb</blockquote>"),
        ("> a\n>\n> b", "> a\n>\n> b", "> a\n> \n> b", "<blockquote>a\n\nb</blockquote>"),
        ("> a\n\nb", "> a\n\nb", "> a\n\nb", "<blockquote>a</blockquote>\n\nb"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb", "a\n\n———\n\nb", "a\n\n———\n\nb"),
        ("a\n---", "a\n———", "a\n———", "a\n———"),
        ("```py\nx < 1\n```", "x < 1", "```py\nx < 1\n```", '<pre><code class="language-py">x &lt; 1</code></pre>'),
        ("```\nx\n```", "x", "```\nx\n```", "<pre>x</pre>"),
        ("```a'b onclick=1\nx\n```", "x", "```\nx\n```", "<pre>x</pre>"),
        ("[a](http://b.c)", "a (http://b.c)", "[a](http://b.c)", '<a href="http://b.c">a</a>'),
        ("[a](http://b.c/?x=1&y)", "a (http://b.c/?x=1&y)", "[a](http://b.c/?x=1&y)", None),
        ("[**a**b](http://b.c)", "ab (http://b.c)", "[**a**b](http://b.c)", '<a href="http://b.c"><b>a</b>b</a>'),
        ("[`a`](http://b.c)", "a (http://b.c)", "[`a`](http://b.c)", '<a href="http://b.c">a</a>'),
        ("[a](http://b.c/d_(e))", "a (http://b.c/d_(e))", "[a](http://b.c/d_%28e%29)", None),
        ("<http://b.c/d_e_f>", "http://b.c/d_e_f", "http://b.c/d_e_f", "http://b.c/d_e_f"),
        ("[http://b.c](http://b.c)", "http://b.c", "http://b.c", "http://b.c"),
        ("[a](mailto:b@c.de)", "a (mailto:b@c.de)", "a (mailto:b@c.de)", "a (mailto:b@c.de)"),
        ("[a](javascript:b)", "[a](javascript:b)", r"[a\](javascript:b)", "[a](javascript:b)"),
        ("![cat](http://b.c)", "cat (http://b.c)", "[cat](http://b.c)", '<a href="http://b.c">cat</a>'),
        ("[1]: http://b.c", "[1]: http://b.c", "[1]: http://b.c", "[1]: http://b.c"),
        ("*a *b* c*", "a b c", "*a b c*", "<i>a b c</i>"),
        ("**`a`**", "a", "**`a`**", "<code>a</code>"),
        ("`` a`b ``", "a`b", "`` a`b ``", "<code>a`b</code>"),
        ("<b>x</b> &amp; y", "<b>x</b> & y", r"<b>x\</b> & y", "&lt;b&gt;x&lt;/b&gt; &amp; y"),
        (r"\*a\* \# b", "*a* # b", r"\*a\* \# b", "*a* # b"),
        ("snake_case_name 5 * 3", "snake_case_name 5 * 3", r"snake_case_name 5 \* 3", "snake_case_name 5 * 3"),
        ("a || b || c", "a || b || c", r"a \|\| b \|\| c", "a || b || c"),
        ("@everyone <@1> C#", "@everyone <@1> C#", r"@everyone \<@1> C#", "@everyone &lt;@1&gt; C#"),
        ("**注意：**请看", "注意：请看", "**注意：**请看", "<b>注意：</b>请看"),
        ("他说**“好”**了", "他说“好”了", "他说**“好”**了", "他说<b>“好”</b>了"),
        ("| a | b |\n|-|-|\n| ccc | d |", "a   | b\n----+--\nccc | d", None, "<pre>a   | b\n----+--\nccc | d</pre>"),
        ("|名|b|\n|-|-|\n|c|**d**|", "名 | b\n---+--\nc  | d", "```\n名 | b\n---+--\nc  | d\n```", None),
    ],
)
def test_markdown_is_written_in_each_dialect(
    markdown: str, plain: str, discord: str | None, telegram: str | None
) -> None:
    assert rendered(markdown, PLAIN) == plain
    if discord is not None:
        assert rendered(markdown, DISCORD) == discord
    if telegram is not None:
        assert rendered(markdown, TELEGRAM) == telegram
    parsed(rendered(markdown, TELEGRAM))


def test_the_source_dialect_leaves_markdown_untouched() -> None:
    markdown = "# T\n\n\n* a  \n+ b\n\n~~~py\nx\n~~~\n<b>&amp;\n"
    assert rendered(markdown, MARKDOWN) == markdown


def test_the_plain_form_goes_along_with_every_dialect() -> None:
    (part,) = render_parts("**a** [b](http://c.d)", TELEGRAM)
    assert part == Rendered('<b>a</b> <a href="http://c.d">b</a>', "a b (http://c.d)")


@pytest.mark.parametrize(
    ("markdown", "telegram"),
    [
        ("see **bold te", "see <b>bold te</b>"),
        ("see **bold*", "see <b>bold</b>"),
        ("see **bold `co", "see <b>bold </b><code>co</code>"),
        ("see ~~gone", "see <s>gone</s>"),
        ("see `code", "see <code>code</code>"),
        ("**注意", "<b>注意</b>"),
        ("**a** and **b", "<b>a</b> and <b>b</b>"),
        ("2**3 and 5 ** 3", "2**3 and 5 ** 3"),
        ("it's 5` long", "it's 5` long"),
        ("**a\n\nb", "**a\n\nb"),
        ("```py\nprint(", '<pre><code class="language-py">print(</code></pre>'),
        ("- a\n- **b", "• a\n• <b>b</b>"),
    ],
)
def test_half_finished_markdown_looks_as_when_it_is_complete(markdown: str, telegram: str) -> None:
    assert rendered(markdown, TELEGRAM) == telegram


def test_half_finished_code_is_closed_in_the_source_dialect() -> None:
    assert rendered("a\n\n````py\nx = 1", MARKDOWN) == "a\n\n````py\nx = 1\n````"


def test_ticks_in_code_cannot_end_it_at_discord() -> None:
    text = rendered("````md\n```py\nx\n```\n````", DISCORD)
    assert text.count("```") == 2
    assert text.replace("\u200b", "").count("```") == 4


def test_deep_nesting_loses_no_text() -> None:
    assert "deep" in rendered(">" * 300 + " deep", PLAIN)
    assert "deep" in rendered("- " * 300 + "deep", TextForm(Markup.PLAIN, 20_000, LengthUnit.CHARACTERS))


def test_lone_surrogates_are_replaced() -> None:
    assert rendered("a\ud83db", PLAIN) == "a\ufffdb"


def test_an_address_too_long_for_a_link_is_written_out_whole() -> None:
    address = "http://a.b/" + "x" * 3000
    parts = render_parts(f"[here]({address})", DISCORD)
    assert "".join(part.text for part in parts).replace(" ", "") == f"here({address})"


def test_a_limit_too_small_for_any_text_is_refused() -> None:
    with pytest.raises(ValueError, match="max_length is 5"):
        render_parts("a", TextForm(Markup.PLAIN, 5, LengthUnit.CHARACTERS))


@pytest.mark.parametrize(
    ("markdown", "columns"),
    [
        ("no | table", 0),
        ("```\n| a | b |\n|---|---|\n```", 0),
        ("| a | b |\n|---|---|\n| 1 | 2 |", 5),
        ("> 1. x\n>\n>    | a | b |\n>    |:-:|--:|\n>    | 中文 | 2 |", 8),
        ("a | b\n--|--\n1 | 2\n\nc | d\n--|--\n" + "x" * 80 + " | 4", 84),
    ],
)
def test_how_wide_a_table_is(markdown: str, columns: int) -> None:
    assert widest_table(markdown) == columns
