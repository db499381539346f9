"""The model's Markdown as messages in a platform's own dialect, each within its limit."""

import re
from collections import defaultdict

from glmbot.content import LengthUnit, Markup, Rendered, TextForm
from glmbot.text.dialects import Plain, dialect_of
from glmbot.text.document import BlockKind
from glmbot.text.measure import length
from glmbot.text.output import Output
from glmbot.text.parsing import parse
from glmbot.text.source import parse_source, with_closed_fence
from glmbot.text.splitting import split
from glmbot.text.tables import num_cells

MIN_LENGTH = 20
"""Below this a single character with the signs around it may not fit."""
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""No platform shows them, and for some they are signs: they are left out."""
UNLIMITED = 1 << 40
TABLE_RULE = re.compile(r"^[ >]*\|?[ :-]*-[ :-]*\|[ |:-]*$", re.MULTILINE)
"""The line below the header of a table in Markdown."""
ALIGNED_RULE = re.compile(r"-+(?:-\+-+)+")
"""The same line of a table that is set in columns."""
VISIBLE = re.compile(r"[^\s\u200b-\u200f\u2060\ufeff]")


def render_parts(markdown: str, form: TextForm) -> list[Rendered]:
    """Return Markdown as one or more messages in the form's dialect.

    Half-finished Markdown looks as it will when it is complete, and while a text grows, all parts but the last
    stay as they are. A text with nothing to see has no parts. Raises ValueError for a limit below `MIN_LENGTH`.
    """
    if form.max_length < MIN_LENGTH:
        raise ValueError(f"max_length is {form.max_length}; a platform's form must allow at least {MIN_LENGTH}")
    markdown = CONTROL.sub("", markdown.replace("\r\n", "\n").replace("\r", "\n"))
    markdown = LONE_SURROGATE.sub("\ufffd", markdown)
    render = _render_source if form.markup is Markup.MARKDOWN else _render_document
    return [part for part in render(markdown, form) if VISIBLE.search(part.plain)]


def widest_table(markdown: str) -> int:
    """Return how many columns the widest table of a text fills where it is set in columns, 0 where it has none."""
    if not TABLE_RULE.search(markdown):
        return 0
    widths: dict[int, int] = defaultdict(int)
    tables = set()
    for line in parse(markdown, Plain.bullet, lambda address: True):
        text = line.text()
        widths[line.block.number] = max(widths[line.block.number], num_cells(text))
        if line.block.kind is BlockKind.CODE and ALIGNED_RULE.fullmatch(text):
            tables.add(line.block.number)
    return max((widths[number] for number in tables), default=0)


def _render_document(markdown: str, form: TextForm) -> list[Rendered]:
    dialect = dialect_of(form.markup)
    is_parsed = form.markup is Markup.TELEGRAM_HTML and form.unit is LengthUnit.UTF16_PARSED
    output = Output(dialect, form.max_length, form.unit, is_parsed)
    plain = Output(Plain(), form.max_length, form.unit)
    lines = parse(markdown, dialect.bullet, lambda address: output.can_link(address) and plain.can_link(address))
    stretches = [[line] for line in lines] if form.markup is Markup.IRC else [lines]
    parts = [part for stretch in stretches for part in split(stretch, [output, plain], form.max_length)]
    return [Rendered(output.write(part), plain.write(part)) for part in parts]


def _render_source(markdown: str, form: TextForm) -> list[Rendered]:
    """Leave the Markdown as it is; where it must be cut, close code and open it again."""
    markdown = with_closed_fence(markdown)
    if length(markdown, form.unit) <= form.max_length:
        return [Rendered(markdown, _plain(markdown, form))]
    output = Output(dialect_of(form.markup), form.max_length, form.unit)
    parts = split(parse_source(markdown, form.max_length // 2), [output], form.max_length)
    texts = [output.write(part) for part in parts]
    return [Rendered(text, _plain(text, form)) for text in texts]


def _plain(markdown: str, form: TextForm) -> str:
    """Return the plain form of one part, or the part itself where the plain form would be too long."""
    lines = parse(markdown, Plain.bullet, lambda address: True)
    plain = Output(Plain(), UNLIMITED, form.unit).write(lines)
    return plain if length(plain, form.unit) <= form.max_length else markdown
