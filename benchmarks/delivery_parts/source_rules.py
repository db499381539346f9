"""A parser for markdown-it-py with spoilers, formulas, and emphasis that may stand against Chinese."""

import re
import unicodedata
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

INLINE_FORMULA = re.compile(
    r"\$\$([^$]+?)\$\$"
    r"|(?<![A-Za-z0-9$])\$(?![\s$])((?:\\.|[^$\\`])+?)(?<!\s)\$(?![A-Za-z0-9$])"
    r"|\\\(((?:(?!\\[()]).)+?)\\\)|\\\[((?:(?!\\[\[\]]).)+?)\\\]",
    re.DOTALL,
)
LONG_WORD = re.compile(r"[^\W\d_]{4}")
SPOILER = re.compile(r"\|\|(?!\s)((?:(?!\|\|).)+?)(?<!\s)\|\|", re.DOTALL)
CLOSING = {"$$": "$$", "\\[": "\\]"}


@cache
def parser() -> MarkdownIt:
    """Return the parser; what stands inside of blocks is left to its `inline`."""
    rules = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).enable(["table", "strikethrough"])
    rules.disable(["lheading", "reference", "html_block", "html_inline", "inline"])
    rules.block.ruler.before("fence", "formula_block", _formula_block, {"alt": ["paragraph", "list", "blockquote"]})
    rules.inline.ruler.before("escape", "formula", _formula)
    rules.inline.ruler.before("escape", "spoiler", _spoiler)
    rules.inline.ruler.at("emphasis", _emphasis)
    rules.inline.add_terminator_char("$")
    rules.inline.add_terminator_char("|")
    return rules


def _formula_block(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Read lines between two $$, or between the signs with square brackets; the end of the text closes them too."""
    opening = _line(state, first)
    closing = CLOSING.get(opening[:2], "")
    if not closing or state.is_code_block(first) or (len(opening) > 2 and opening.count("$") > 4):
        return False
    last = first
    while not (_line(state, last).endswith(closing) and (last > first or len(opening) > 3)):
        last += 1
        if last >= end and len(opening) == 2 and last > first + 1:
            break
        if last >= end or not _line(state, last) or state.sCount[last] < state.blkIndent:
            return False
    lines = [_line(state, number) for number in range(first, min(last + 1, end))]
    content = "\n".join(lines)[2:].removesuffix(closing)
    if closing in content or not content.strip():
        return False
    if not silent:
        token = state.push("formula_block", "", 0)
        token.content, token.map = content, [first, min(last + 1, end)]
    state.line = min(last + 1, end)
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].strip()


def _formula(state: StateInline, silent: bool) -> bool:
    found = INLINE_FORMULA.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    content = next(group for group in found.groups() if group is not None)
    is_plain = found[2] is not None and not re.search(r"[\\^_{}]", content)
    is_escaped = found[4] is not None and not re.search(r"[\\^_={}+]", content)
    if is_escaped or (is_plain and LONG_WORD.search(content)) or not content.strip():
        return False
    if not silent:
        state.push("formula", "", 0).content = content
    state.pos = found.end()
    return True


def _spoiler(state: StateInline, silent: bool) -> bool:
    found = SPOILER.match(state.src, state.pos, state.posMax)
    before = state.src[state.pos - 1 : state.pos]
    if not found or (before.isascii() and before.isalnum()):
        return False
    if not silent:
        maximum = state.posMax
        state.pos, state.posMax = found.start(1), found.end(1)
        state.push("spoiler_open", "", 1)
        state.md.inline.tokenize(state)
        state.push("spoiler_close", "", -1)
        state.posMax = maximum
    state.pos = found.end()
    return True


def _emphasis(state: StateInline, silent: bool) -> bool:
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    run = re.compile(re.escape(marker) + "+").match(state.src, state.pos, state.posMax)
    assert run
    before, after = state.src[run.start() - 1 : run.start()], state.src[run.end() : run.end() + 1]
    can_open, can_close = _sides(before, after, marker)
    for _ in run[0]:
        state.push("text", "", 0).content = marker
        delimiter = Delimiter(ord(marker), len(run[0]), len(state.tokens) - 1, -1, can_open, can_close)
        state.delimiters.append(delimiter)
    state.pos = run.end()
    return True


def _sides(before: str, after: str, marker: str) -> tuple[bool, bool]:
    def is_loose(character: str) -> bool:
        return not character or character.isspace() or _is_stop(character) or _is_wide(character)

    left = bool(after) and not after.isspace() and (not _is_stop(after) or is_loose(before))
    right = bool(before) and not before.isspace() and (not _is_stop(before) or is_loose(after))
    if marker == "*":
        return left, right
    return left and (not right or is_loose(before)), right and (not left or is_loose(after))


def _is_stop(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "PS"


def _is_wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in ("W", "F")
