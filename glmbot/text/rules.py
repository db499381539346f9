"""The Markdown that we read: CommonMark with tables, ~~strike~~, ||spoilers|| and formulas, at home in Chinese."""

import re
import unicodedata
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

SPOILER = re.compile(r"\|\|(?=[^\s|])((?:[^|]|\|(?!\|))*?[^\s|])\|\|", re.DOTALL)
DOLLARS = re.compile(r"(?<![A-Za-z0-9$])\$(?=[^\s$])((?:[^$\\`]|\\.)+)\$(?![A-Za-z0-9$])", re.DOTALL)
DOUBLE_DOLLARS = re.compile(r"\$\$([^$]+)\$\$")
BRACKETS = re.compile(r"\\\(((?:[^\\]|\\[^()])+)\\\)|\\\[((?:[^\\]|\\[^\[\]])+)\\\]")
LATEX = re.compile(r"[\\^_{}]")
MATHEMATICAL = re.compile(r"[\\^_{}=+]")
"""One of these tells a formula from brackets that were escaped: \\[x\\]."""
WORD = re.compile(r"[^\W\d_]{4}")
CHINESE = re.compile("[\u4e00-\u9fff]")
BLOCK_SIGNS = {"$$": "$$", "\\[": "\\]"}


@cache
def markdown_parser() -> MarkdownIt:
    """Return the parser; it is without what hides or moves text.

    Off are HTML (shown as text), link definitions (they would vanish even where nothing uses them) and underlined
    headings (a paragraph already shown would become one); text inside of blocks is left to `parse_inline`.
    """
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).enable(["table", "strikethrough"])
    parser.disable(["lheading", "reference", "html_block", "html_inline", "inline"])
    parser.inline.ruler.at("emphasis", _tokenize_emphasis)
    parser.inline.ruler.before("escape", "formula", _read_formula)
    parser.inline.ruler.before("escape", "spoiler", _read_spoiler)
    parser.inline.add_terminator_char("|")
    parser.block.ruler.before(
        "fence", "formula_block", _read_formula_block, {"alt": ["paragraph", "blockquote", "list"]}
    )
    return parser


def _read_formula(state: StateInline, silent: bool) -> bool:
    content = _formula_at(state)
    if content is None:
        return False
    if not silent:
        state.push("formula", "", 0).content = content
    return True


def _formula_at(state: StateInline) -> str | None:
    """Return the formula that begins here, and step behind it. Between single dollars, words make it none."""
    for pattern in (DOUBLE_DOLLARS, DOLLARS, BRACKETS):
        found = pattern.match(state.src, state.pos, state.posMax)
        content = next(filter(None, found.groups()), "") if found else ""
        if not found or not content.strip():
            continue
        if pattern is BRACKETS and found[2] and not MATHEMATICAL.search(content):
            continue
        if pattern is DOLLARS and (content[-1].isspace() or (WORD.search(content) and not LATEX.search(content))):
            continue
        state.pos = found.end()
        return content
    return None


def _read_formula_block(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Read a formula on lines of its own. Half-finished, it ends with the text; an empty line makes it none."""
    opening = _line(state, first)
    closing = BLOCK_SIGNS.get(opening[:2])
    if closing is None or state.is_code_block(first):
        return False
    lines = [opening[2:]]
    number = first + 1
    while not lines[-1].endswith(closing):
        if number < end and _line(state, number) and state.sCount[number] >= state.blkIndent:
            lines.append(_line(state, number))
            number += 1
        elif number >= end and not opening[2:] and len(lines) > 1:
            break
        else:
            return False
    content = "\n".join(lines).removesuffix(closing)
    if closing in content or not content.strip():
        return False
    if not silent:
        token = state.push("formula_block", "", 0)
        token.content, token.map = content, [first, number]
    state.line = number
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].strip()


def _read_spoiler(state: StateInline, silent: bool) -> bool:
    """Read ||what is hidden||; not the two bars of a||b, nor those with spaces inside."""
    found = SPOILER.match(state.src, state.pos, state.posMax)
    before = state.src[state.pos - 1 : state.pos]
    if not found or (before.isascii() and before.isalnum()):
        return False
    if not silent:
        end = state.posMax
        state.pos, state.posMax = found.span(1)
        state.push("spoiler_open", "chinese_spoiler" if CHINESE.search(found[1]) else "spoiler", 1)
        state.md.inline.tokenize(state)
        state.push("spoiler_close", "chinese_spoiler" if CHINESE.search(found[1]) else "spoiler", -1)
        state.posMax = end
    state.pos = found.end()
    return True


def _tokenize_emphasis(state: StateInline, silent: bool) -> bool:
    """Take in a run of `*` or `_`; like markdown-it's own rule, but at home in Chinese.

    CommonMark asks for a space or punctuation outside of the signs, which Chinese does not write: it leaves the
    stars in `**注意：**请看`. So a wide character beside the signs counts as punctuation
    (github.com/tats-u/markdown-cjk-friendly).
    """
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    end = state.pos
    while end < state.posMax and state.src[end] == marker:
        end += 1
    can_open, can_close = _flanks(state.src[state.pos - 1 : state.pos], state.src[end : end + 1], marker)
    num_signs = end - state.pos
    for _ in range(num_signs):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=num_signs,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos = end
    return True


def _flanks(before: str, after: str, marker: str) -> tuple[bool, bool]:
    """Return whether signs between these characters can open and can close emphasis."""
    space_before, space_after = not before or before.isspace(), not after or after.isspace()
    stop_before, stop_after = _is_punctuation(before), _is_punctuation(after)
    loose_before = space_before or stop_before or _is_wide(before)
    loose_after = space_after or stop_after or _is_wide(after)
    left = not space_after and (not stop_after or loose_before)
    right = not space_before and (not stop_before or loose_after)
    if marker == "*":
        return left, right
    return left and (not right or loose_before), right and (not left or loose_after)


def _is_punctuation(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "PS"


def _is_wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in "WF"
