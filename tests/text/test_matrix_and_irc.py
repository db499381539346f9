"""What Markdown looks like at Matrix and on IRC."""

import pytest

from glmbot.content import LengthUnit, Markup, TextForm
from glmbot.text.rendering import render_parts
from tests.text.forms import rendered

MATRIX = TextForm(Markup.MATRIX_HTML, 30_000, LengthUnit.BYTES)
IRC = TextForm(Markup.IRC, 400, LengthUnit.BYTES)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Hello <you> & me", "<p>Hello &lt;you&gt; &amp; me</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>"),
        ("## Title", "<h2>Title</h2>"),
        ("```py\nx < 1\ny\n```", '<pre><code class="language-py">x &lt; 1\ny</code></pre>'),
        ("[a](http://b.c/?x=1&y)", '<p><a href="http://b.c/?x=1&amp;y">a</a></p>'),
        ("- a\n- b\n  - c\n- d", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"),
        ("7. a\n8. b\n\n   more", '<ol start="7"><li>a</li><li>b<p>more</p></li></ol>'),
        ("1. a\n5. b", '<ol><li>a</li></ol><ol start="5"><li>b</li></ol>'),
        ("> a\n> > b\n\nc", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote><p>c</p>"),
        ("- ```\n  x\n  ```", "<ul><li><pre><code>x</code></pre></li></ul>"),
    ],
)
def test_matrix_gets_html_with_real_lists_and_quotes(markdown: str, html: str) -> None:
    """Blocks become elements, and what looks like HTML is shown as it is."""
    assert rendered(markdown, MATRIX) == html


def test_matrix_gets_a_plain_body_too() -> None:
    """Clients without HTML show list signs and addresses."""
    (part,) = render_parts("- **a** [b](http://c.d)", MATRIX)
    assert part.plain == "- a b (http://c.d)"


def test_a_list_goes_on_with_its_number_in_the_next_event() -> None:
    """The second part opens the list again, at the right number."""
    form = TextForm(Markup.MATRIX_HTML, 120, LengthUnit.BYTES)
    parts = render_parts("\n".join(f"1. item number {number}" for number in range(1, 9)), form)
    assert parts[1].text.startswith('<ol start="5"><li>item number 5</li>')
    assert all(part.text.endswith("</li></ol>") for part in parts)


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("**a** *b* ~~c~~ `d`", ["\x02a\x02 \x1db\x1d \x1ec\x1e \x11d\x11"]),
        ("one\ntwo\n\nthree", ["one", "two", "three"]),
        ("# Title\n\ntext", ["\x02Title\x02", "text"]),
        ("```py\nx\n\n  y\n```", ["\x11x", "\x11  y"]),
        ("- a\n  - b", ["• a", "  • b"]),
        ("> a\n> b", ["> a", "> b"]),
        ("[**a**](http://b.c)", ["\x02a\x02 (http://b.c)"]),
        ("\x01ACTION\x02 x\x00\r\ny", ["ACTION x", "y"]),
    ],
)
def test_each_part_for_irc_is_one_line_with_codes(markdown: str, lines: list[str]) -> None:
    """Line breaks end a part, empty lines have none, and control characters of the text are left out."""
    assert [part.text for part in render_parts(markdown, IRC)] == lines


def test_irc_lines_hold_no_more_bytes_than_allowed() -> None:
    """A long line becomes several, each with its codes closed."""
    parts = render_parts("**" + "很长的一句话，没有空格。" * 200 + "**", IRC)
    assert all(len(part.text.encode()) <= 400 for part in parts)
    assert all(part.text.count("\x02") == 2 for part in parts)
    assert len(parts) < 25
