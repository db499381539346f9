"""Judges the messages that an answer became on one platform."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from delivery_parts.compare import num_split_graphemes, pieces_difference, text_difference
from delivery_parts.content import Content, Reading, bare
from delivery_parts.platforms import DISCORD, Platform, gathered
from delivery_parts.source import FORMULA, TABLE_RULE, expected

TAIL_LENGTH = 20
CLOSING = ("*", "**", "***", "`", "``", "~~", "||", "$", "$$", "\\)")
HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*$")
SPACED_SIGN = re.compile(r"\s+(\*+|~~|\|\|)$")
SPOILER_SIGNS = (("(spoiler:", ")"), ("（剧透：", "）"))
LIST_SIGN = re.compile(r"•|\d+\.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with one answer on one platform; empty or zero where nothing is."""

    difference: str = ""
    rejections: tuple[str, ...] = ()
    num_open_fences: int = 0
    num_over_limit: int = 0
    has_lost_tail: bool = False
    num_split_graphemes: int = 0

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is wrong."""
        return self == Verdict()


def judge(markdown: str, texts: Sequence[str], platform: Platform) -> Verdict:
    """Compare the messages with what was to arrive."""
    readings = [platform.read(text) for text in texts]
    wanted = expected(markdown, platform.abilities)
    difference = _difference(wanted, readings, platform)
    for variant in variants(markdown) if difference else ():
        other = expected(variant, platform.abilities)
        if not _difference(other, readings, platform):
            wanted, difference = other, ""
            break
    return Verdict(
        difference=difference,
        rejections=tuple(error for reading in readings for error in reading.errors),
        num_open_fences=sum(reading.num_open_fences for reading in readings),
        num_over_limit=sum(platform.is_over_limit(reading) for reading in readings),
        has_lost_tail=_has_lost_tail(wanted, readings) if difference else False,
        num_split_graphemes=num_split_graphemes(readings),
    )


def variants(markdown: str) -> Iterator[str]:
    """Yield what an answer that ends half-finished may be taken for: as if the signs left open were closed."""
    text = markdown.rstrip()
    text = HALF_LINK.sub(r"\1", text)
    yield text
    yield text + text[-1:]
    yield SPACED_SIGN.sub(r"\1", text)
    last = text.rpartition("\n\n")[2]
    present = [sign for sign in CLOSING if sign in last or (sign == "\\)" and "\\(" in last)]
    for length in (1, 2, 3):
        for signs in itertools.permutations(present, length):
            yield text + "".join(signs)


def _difference(wanted: Content, readings: Sequence[Reading], platform: Platform) -> str:
    found = gathered(platform, readings)
    if difference := text_difference(wanted, _joined(wanted, readings)):
        return f"text: {difference}"
    found_codes = [code for code in found.codes if not _is_formula(code[1], wanted)]
    if platform.shows_code_blocks and (difference := _code_difference(wanted, found_codes, platform)):
        return f"code: {difference}"
    has_formulas = any(FORMULA in text for _, text in wanted.links)
    difference = pieces_difference(_links(wanted, has_formulas), _links(found, has_formulas))
    if platform.abilities.has_links and difference:
        return f"link: {difference}"
    inline = [(("", code)) for code in found.inline_codes if code and not _is_formula(code, wanted)]
    if platform.shows_code_blocks and (
        difference := pieces_difference([("", code) for code in wanted.inline_codes], inline)
    ):
        return f"inline code: {difference}"
    spoilers = [("", spoiler) for spoiler in found.spoilers]
    if FORMULA in "".join(wanted.spoilers):
        return ""
    difference = pieces_difference([("", spoiler) for spoiler in wanted.spoilers if spoiler], spoilers)
    return f"spoiler: {difference}" if difference else ""


def _code_difference(wanted: Content, found: list[tuple[str, str]], platform: Platform) -> str:
    """Compare tables by their text, code exactly; where lines are messages, without language and empty lines."""
    if platform.is_one_line:
        lines = [line for _, code in wanted.codes for line in code.split("\n") if line.strip()]
        if any(TABLE_RULE in line or FORMULA in line for line in lines):
            return ""  # the lines are there: the text was compared
        return pieces_difference([("", "".join(lines))] if lines else [], [("", code) for _, code in found])
    if any(FORMULA in code for _, code in wanted.codes):
        return ""
    is_table = [TABLE_RULE in code for _, code in wanted.codes]
    if any(is_table):
        found = found.copy()
        wanted_bare = [(language, _letters(code)) for language, code in wanted.codes if code.strip()]
        return pieces_difference(wanted_bare, [(language, _letters(code)) for language, code in found])
    strip = "\n" if platform is DISCORD else ""
    wanted_codes = [(language, code.strip(strip) if strip else code) for language, code in wanted.codes if code.strip()]
    return pieces_difference(wanted_codes, found)


def _letters(code: str) -> str:
    """Return the text of a table without what depends on how it is set."""
    code = code.replace(FORMULA, "").replace(TABLE_RULE, "")
    return "".join(character for character in bare(code) if character.isalpha())


def _links(content: Content, only_addresses: bool) -> list[tuple[str, str]]:
    return [(_address(address), "" if only_addresses else text) for address, text in content.links]


def _address(address: str) -> str:
    return address.replace("%28", "(").replace("%29", ")")


def _is_formula(code: str, wanted: Content) -> bool:
    """Tell whether code is the source of a formula, or a line of it."""
    if not code.strip():
        return False
    return any(bare(code) in map(bare, (source, *source.split("\n"))) for source in wanted.formulas)


def _joined(wanted: Content, readings: Sequence[Reading]) -> str:
    """Return the text of all messages, without the signs that are repeated where an item or a spoiler goes on."""
    joined = ""
    for reading in readings:
        text = bare(reading.shown)
        if joined and not _goes_on(wanted, joined, text):
            joined, text = _without_repeated(wanted, joined, text)
        joined += text
    return joined


def _without_repeated(wanted: Content, joined: str, text: str) -> tuple[str, str]:
    for opening, closing in SPOILER_SIGNS:
        before, after = joined.removesuffix(closing), text.removeprefix(opening)
        if before != joined and after != text and _goes_on(wanted, before, after):
            return before, after
    rest = text
    while sign := LIST_SIGN.match(rest):
        rest = rest[sign.end() :]
        if _goes_on(wanted, joined, rest):
            return joined, rest
    return joined, text


def _goes_on(wanted: Content, before: str, after: str) -> bool:
    """Tell whether two pieces of text stand side by side in what was to arrive."""
    return before[-TAIL_LENGTH // 2 :] + after[:TAIL_LENGTH] in wanted.text


def _has_lost_tail(wanted: Content, readings: Sequence[Reading]) -> bool:
    tail = wanted.text[-TAIL_LENGTH:]
    if FORMULA in tail or TABLE_RULE in tail:
        return False
    last = "".join(bare(reading.shown) for reading in readings[-3:])
    return not last.endswith(tail)
