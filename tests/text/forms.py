"""Short names for the forms of text that the tests ask for."""

import re

from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.text.rendering import render_parts
from tests.text.telegram_html import parsed

TELEGRAM = TextForm(Markup.TELEGRAM_HTML, 4096, LengthUnit.UTF16_PARSED)
DISCORD = TextForm(Markup.DISCORD, 2000, LengthUnit.CHARACTERS)
PLAIN = TextForm(Markup.PLAIN, 2000, LengthUnit.CHARACTERS)
MARKDOWN = TextForm(Markup.MARKDOWN, 4000, LengthUnit.BYTES)

FENCE = re.compile(r"^[> ]*(?:[-*+]|\d+\.)?[> ]*```", re.MULTILINE)


def rendered(markdown: str, form: TextForm) -> str:
    """Return the text of what must be a single part."""
    (part,) = render_parts(markdown, form)
    return part.text


def size(text: str, unit: LengthUnit) -> int:
    """Return a length, counted another way than the product does."""
    if unit is LengthUnit.BYTES:
        return sum(1 + (c > "\x7f") + (c > "\u07ff") + (c > "\uffff") for c in text)
    if unit is LengthUnit.UTF16_PARSED:
        return sum(1 + (c > "\uffff") for c in text)
    return len(text)


def assert_within_limit(part: Rendered, form: TextForm) -> None:
    """Check a part against what the platform counts."""
    is_parsed = form.markup is Markup.TELEGRAM_HTML and form.unit is LengthUnit.UTF16_PARSED
    text = parsed(part.text) if is_parsed else part.text
    assert size(text, form.unit) <= form.max_length
    assert size(part.plain, form.unit) <= form.max_length
    assert part.plain.strip()


def has_balanced_fences(text: str) -> bool:
    """Tell whether each fence of code is closed."""
    return len(FENCE.findall(text)) % 2 == 0


def without_space(text: str) -> str:
    """Return the text without white space."""
    return "".join(text.split())
