"""How formulas are written in characters, and when they are left as they are."""

import pytest

from glmbot.content import LengthUnit, Markup, TextForm
from glmbot.text.formulas import readable
from glmbot.text.rendering import render_parts
from tests.text.forms import PLAIN, TELEGRAM, rendered


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("x^2", "x²"),
        ("\\frac{a}{b}", "a/b"),
        ("\\frac{n(n+1)}{2}", "n(n+1)/2"),
        ("\\frac12", "1/2"),
        ("\\frac{a+b}{2a}", "(a+b)/(2a)"),
        ("\\frac{x_1}{x_2^2}", "x₁/x₂²"),
        ("x_{i,j}^{2n}", "x_(i,j)²ⁿ"),
        ("\\alpha \\leq \\beta", "α ≤ β"),
        ("2\\pi r", "2πr"),
        ("\\sum_{i=1}^{n} i", "∑ᵢ₌₁ⁿ i"),
        ("\\int_0^\\infty e^{-x}\\,dx", "∫₀^∞ e⁻ˣ dx"),
        ("\\sqrt{x+1} \\times \\sqrt[3]{y}", "√(x+1) × ³√y"),
        ("\\lim_{n \\to \\infty} a_n", "lim_(n → ∞) aₙ"),
        ("\\left(1 + \\frac{1}{n}\\right)^n", "(1 + 1/n)ⁿ"),
        ("\\text{if } x > 0", "if x > 0"),
        ("\\mathbb{R}^n", "ℝⁿ"),
        ("\\vec{v} \\cdot \\hat{x}", "v\u20d7 · x\u0302"),
        ("a \\equiv b \\pmod{n}", "a ≡ b (mod n)"),
        ("90^\\circ", "90°"),
        ("O(n\\log n)", "O(n log n)"),
        ("\\frac{a}{b", "a/b"),
        ("\\{x \\mid x \\notin A\\}", "{x | x ∉ A}"),
    ],
)
def test_a_formula_becomes_readable(formula: str, text: str) -> None:
    """Commands become characters, and brackets appear where a line would be missed."""
    assert readable(formula) == text


@pytest.mark.parametrize(
    "formula",
    [
        "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
        "\\unknown{x}",
        "\\binom{n}{k}",
        "a}b",
        "{" * 500,
        "\\sqrt" * 390,
        "^" * 1000,
        "x" * 3000,
        "\\sqrt[3{x}",
    ],
)
def test_what_characters_cannot_show_is_not_tried(formula: str) -> None:
    """Such a formula has no readable form, however deep or long it is."""
    assert readable(formula) is None


@pytest.mark.parametrize(
    ("markdown", "telegram"),
    [
        ("So $x^2$ it is", "So x² it is"),
        ("So \\(x^2\\) it is", "So x² it is"),
        ("$$\nE = mc^2\n$$", "E = mc²"),
        ("\\[\nE = mc^2\n\\]\nthen", "E = mc²\nthen"),
        ("$\\binom{n}{k}$", "<code>\\binom{n}{k}</code>"),
        ("$$\n\\begin{x} a\n$$", "<pre>\\begin{x} a</pre>"),
        ("**$x_1$**", "<b>x₁</b>"),
        ("`$x^2$`", "<code>$x^2$</code>"),
        ("$5, $10 or US$5/US$6", "$5, $10 or US$5/US$6"),
        ("$HOME/$PATH and some $money here$", "$HOME/$PATH and some $money here$"),
        ("\\[x\\] is [x]", "[x] is [x]"),
        ("see $\\frac{a}{b", "see a/b"),
        ("it costs $5 in C:\\Users", "it costs $5 in C:\\Users"),
        ("$$\n\\alpha + \\be", "<pre>\\alpha + \\be</pre>"),
        ("$$\na\n\nb", "$$\na\n\nb"),
    ],
)
def test_formulas_are_found_and_amounts_are_not(markdown: str, telegram: str) -> None:
    """Dollars make a formula where no words stand between them; one without characters is shown as code."""
    assert rendered(markdown, TELEGRAM) == telegram


@pytest.mark.parametrize("sign", ["$", "$$", "\\(", "\\[", "||", "$x", "||x ", "$$\n", "\\[\n"])
def test_signs_that_are_never_closed_cost_little_time(sign: str) -> None:
    """A search to the end of the text for every sign would take minutes here; the suite's time limit notices."""
    form = TextForm(Markup.TELEGRAM_HTML, 4096, LengthUnit.UTF16_PARSED)
    assert render_parts(sign * (45_000 // len(sign)), form)


def test_a_formula_in_a_table_is_readable() -> None:
    """Columns are set by what is shown."""
    assert rendered("|a|b|\n|-|-|\n|$x^2$|c|", PLAIN) == "a  | b\n---+--\nx² | c"
