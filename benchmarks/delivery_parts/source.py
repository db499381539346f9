"""Reads an answer's Markdown with markdown-it-py, and tells what must arrive on a platform.

The dialect is CommonMark with tables, ~~strike~~, ||spoilers|| and formulas, and these rules of ours: HTML is text, a
line of signs under a paragraph makes no heading, only addresses on the web make links, a definition of a link is left
out where it is used, and emphasis may stand against Chinese (github.com/tats-u/markdown-cjk-friendly).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from delivery_parts.content import Content, bare
from delivery_parts.source_rules import parser

RULE = "———"
FORMULA = "\ue000"
TABLE_RULE = "\ue001"
"""Stand in an expected text where a formula or the line under a table's header belongs."""
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SURROGATE = re.compile("[\ud800-\udfff]")
LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,20}(?=\s|$)")
DEFINITION = re.compile(
    r"^ {0,3}\[([^\]^][^\]]*)\]:[ \t]+<?(https?://[^\s<>]+)>?(?:[ \t]+[\"'(].*[\"')])?[ \t]*$", re.M
)
WIDE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a platform can show."""

    has_links: bool = True
    has_spoilers: bool = True
    has_mixed_code: bool = True
    """Whether code in a link or a spoiler is shown as code."""
    has_own_numbers: bool = False
    """Whether the platform writes the numbers of lists by itself."""
    max_link: int = 1 << 30
    """The longest address that becomes a link; a longer one is written out."""


def expected(markdown: str, abilities: Abilities) -> Content:
    """Return what a platform with these abilities must show."""
    text = CONTROL.sub("", markdown.replace("\r\n", "\n").replace("\r", "\n"))
    return _Reader(abilities).read(SURROGATE.sub("\ufffd", text))


class _Reader:
    """Walks the tokens; `_line` is the line of text being read."""

    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self._content = Content()
        self._references: dict[str, dict[str, str]] = {}
        self._numbers: list[int | None] = []
        self._row: list[str] | None = None
        self._table: list[str] | None = None

    def read(self, markdown: str) -> Content:
        tokens = parser().parse(markdown)
        self._find_references("\n\n".join(token.content for token in tokens if token.type == "inline"))
        for token in tokens:
            self._read_block(token)
        return self._content

    def _find_references(self, text: str) -> None:
        uses = {" ".join(use.split()).casefold() for use in re.findall(r"\[([^\[\]]+)\](?!:)", text)}
        for label, address in DEFINITION.findall(text):
            key = " ".join(label.split())
            if key.casefold() in uses:
                self._references.setdefault(key.upper(), {"title": "", "href": address})

    def _kept(self, found: re.Match[str]) -> str:
        return "" if " ".join(found[1].split()).upper() in self._references else found[0]

    def _read_block(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._read_inline(token)
            case "fence" | "code_block":
                language = LANGUAGE.match(token.info.strip())
                self._add_code(language[0] if language else "", token.content.removesuffix("\n"))
            case "formula_block":
                self._content.formulas.append(token.content.strip())
                self._content.lines.append(FORMULA)
            case "hr":
                self._content.lines.append(RULE)
            case "bullet_list_open":
                self._numbers.append(None)
            case "ordered_list_open":
                self._numbers.append(-1)
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open":
                self._open_item(token)
            case "table_open":
                self._table = []
            case "tr_open":
                self._row = []
            case "tr_close":
                self._close_row()
            case "table_close":
                self._close_table()

    def _open_item(self, token: Token) -> None:
        last = self._numbers[-1]
        if last is None:
            self._content.lines.append("•")
            return
        number = int(token.info) if last < 0 else max(int(token.info), last + 1)
        self._numbers[-1] = number
        self._content.lines.append(f"{number}{'.' if self._abilities.has_own_numbers else token.markup}")

    def _close_row(self) -> None:
        assert self._table is not None
        assert self._row is not None
        self._table.append(" | ".join(self._row))
        if len(self._table) == 1:
            self._table.append(TABLE_RULE)
        self._row = None

    def _close_table(self) -> None:
        assert self._table is not None
        table, self._table = self._table, None
        self._add_code("", "\n".join(table))

    def _add_code(self, language: str, code: str) -> None:
        self._content.codes.append((language, code))
        self._content.lines.extend(code.split("\n"))

    def _read_inline(self, token: Token) -> None:
        tokens: list[Token] = []
        rules = parser()
        text = DEFINITION.sub(self._kept, token.content) if self._references else token.content
        if not text.strip() and self._row is None:
            return
        rules.inline.parse(text, rules, {"references": self._references}, tokens)
        text = _Inline(self._abilities, self._content, is_cell=self._row is not None).read(tokens)
        if self._row is not None:
            self._row.append(text.replace("\n", " "))
        else:
            self._content.lines.append(text)


class _Inline:
    """Reads one paragraph or one cell of a table, which holds nothing but text."""

    def __init__(self, abilities: Abilities, content: Content, is_cell: bool) -> None:
        self._abilities = abilities
        self._content = content
        self._is_cell = is_cell
        self._text = ""
        self._links: list[tuple[str, int]] = []
        """Address and beginning of each open link; one that shows its own address may stand in another's text."""
        self._spoilers: list[int] = []

    def read(self, tokens: Sequence[Token]) -> str:
        for index, token in enumerate(tokens):
            self._read_token(token, tokens[index + 1 : index + 3])
        return self._text

    def _read_token(self, token: Token, following: Sequence[Token]) -> None:
        match token.type:
            case "text" | "text_special":
                self._text += token.content
            case "softbreak" | "hardbreak":
                self._text += "\n"
            case "code_inline":
                self._text += token.content
                is_mixed = self._links or self._spoilers
                if not self._is_cell and bare(token.content) and (self._abilities.has_mixed_code or not is_mixed):
                    self._content.inline_codes.append(bare(token.content))
            case "formula":
                self._content.formulas.append(token.content.strip())
                self._text += FORMULA
            case "image":
                self._read_image(token)
            case "link_open":
                self._open_link(token, following)
            case "link_close":
                self._close_link()
            case "spoiler_open":
                self._spoilers.append(len(self._text))
            case "spoiler_close":
                self._close_spoiler()

    def _can_link(self, address: str) -> bool:
        is_web = address.startswith(("http://", "https://"))
        return is_web and len(address.encode()) <= self._abilities.max_link and not self._is_cell

    def _read_image(self, token: Token) -> None:
        address = str(token.attrs["src"])
        text = token.content.replace("\n", " ").strip() or address
        if text == address:
            self._text += text
        elif self._can_link(address) and self._abilities.has_links and not self._links:
            self._text += text
            self._content.links.append((address, bare(text)))
        else:
            self._text += f"{text} ({address})"

    def _open_link(self, token: Token, following: Sequence[Token]) -> None:
        address = str(token.attrs["href"])
        shows_itself = [inner.type for inner in following] == ["text", "link_close"] and following[0].content == address
        self._links.append(("" if token.info == "auto" or shows_itself else address, len(self._text)))

    def _close_link(self) -> None:
        address, start = self._links.pop()
        text = bare(self._text[start:])
        if not address or not text:
            return
        if self._can_link(address) and self._abilities.has_links:
            self._content.links.append((address, text))
        else:
            self._text += f" ({address})"

    def _close_spoiler(self) -> None:
        start = self._spoilers.pop()
        text = self._text[start:]
        if self._abilities.has_spoilers and not self._is_cell:
            self._content.spoilers.append(bare(text))
            return
        before, after = ("（剧透：", "）") if WIDE.search(text) else ("(spoiler: ", ")")
        self._text = self._text[:start] + before + text + after
