"""How each dialect writes styles, blocks and the signs that mean something to it."""

import html
import re
from dataclasses import replace
from typing import Protocol

from glmbot.content import Markup
from glmbot.phrases import Phrase
from glmbot.text.document import BOLD, CODE, MARKER, Block, BlockKind, Frame, Span, Style, StyleKind
from glmbot.text.matrix_html import MatrixHtml

INDENT = "  "
ZERO_WIDTH_SPACE = "\u200b"

DISCORD_STYLES = {StyleKind.BOLD: "**", StyleKind.ITALIC: "*", StyleKind.STRUCK: "~~", StyleKind.SPOILER: "||"}
TELEGRAM_TAGS = {
    StyleKind.BOLD: "b",
    StyleKind.ITALIC: "i",
    StyleKind.STRUCK: "s",
    StyleKind.CODE: "code",
    StyleKind.SPOILER: "tg-spoiler",
}

MONOSPACE = "\x11"
IRC_CODES = {StyleKind.BOLD: "\x02", StyleKind.ITALIC: "\x1d", StyleKind.STRUCK: "\x1e", StyleKind.CODE: MONOSPACE}

DISCORD_CHARACTERS = re.compile(r"[\\*_~`#>|<\[\]]")
"""What may need a backslash at Discord."""
DISCORD_SIGNS = re.compile(
    r"[\\*`]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # not in snake_case
    r"|~(?=~)|(?<=~)~|\|(?=\|)|(?<=\|)\|"
    r"|(?<!\w)#(?=#* )|(?<!\S)>"
    r"|\A-(?=\s)"  # would begin a list
    r"|<(?=[@#:]|a:|t:|id:|/\w)"  # mentions, emoji, times
    r"|\](?=\()"
)
"""What would be a sign at Discord, which reads fewer places as signs than CommonMark."""
DISCORD_LINK_SIGNS = re.compile(DISCORD_SIGNS.pattern + r"|[\[\]]")
FENCE = re.compile("`{3,}")
DOUBLED_TICK = re.compile("`(?=`)")
ADDRESS = re.compile(r"(https?://[^\s<>\\`*|]+)")
"""Discord links it by itself, backslashes and all."""

Signs = tuple[str, str]


class Dialect(Protocol):
    """One way to write a document."""

    bullet: str
    block_break: str
    """What stands between blocks, as often as they are lines apart."""
    bare: Frame
    """The frame of a block whose own would take too much room."""

    def frame(self, block: Block) -> Frame:
        """Return what stands around a block's lines."""

    def styles(self, span: Span, block: Block) -> tuple[Style, ...]:
        """Return those styles of a span that the dialect can show."""

    def signs(self, style: Style, text: str) -> Signs:
        """Return what opens and closes a style; `text` is what stands in it."""

    def escape(self, text: str, styles: tuple[Style, ...], block: Block) -> str:
        """Return text so that the platform shows it as it is."""

    def num_escapes(self, text: str, block: Block) -> int:
        """Return how many characters `escape` adds at most, wherever the text may be cut."""


class Plain:
    """Text without signs; a link's address stands behind it."""

    bullet = "• "
    block_break = "\n"
    bare = Frame()

    def frame(self, block: Block) -> Frame:
        return _lined_frame(block, "> " * block.quote_level)

    def styles(self, span: Span, block: Block) -> tuple[Style, ...]:
        return tuple(style for style in span.styles if style.kind in (StyleKind.LINK, StyleKind.SPOILER))

    def signs(self, style: Style, text: str) -> Signs:
        if style.kind is StyleKind.LINK:
            return "", f" ({style.href})"
        opening, _, closing = Phrase.SPOILER.in_language(style.language, text="\n").partition("\n")
        return opening, closing

    def escape(self, text: str, styles: tuple[Style, ...], block: Block) -> str:
        return text

    def num_escapes(self, text: str, block: Block) -> int:
        return 0


class Source(Plain):
    """Markdown as it was written; only frames of code that is cut are added."""

    def frame(self, block: Block) -> Frame:
        return block.source_frame or Frame()


class Discord:
    """Discord's Markdown (support.discord.com, "Markdown Text 101")."""

    bullet = "- "
    block_break = "\n"
    bare = Frame()

    def frame(self, block: Block) -> Frame:
        quote = "> " if block.quote_level else ""
        if block.kind is BlockKind.CODE:
            fence = f"{quote}```{block.language}\n"
            return Frame(fence, fence, f"\n{quote}```", quote, quote, key=("code", block.number))
        if block.kind is BlockKind.HEADING:
            quote += "#" * min(block.heading_level, 3) + " "
        return replace(_lined_frame(block, quote), blank=quote)

    def styles(self, span: Span, block: Block) -> tuple[Style, ...]:
        return span.styles

    def signs(self, style: Style, text: str) -> Signs:
        if style == MARKER:
            return "", ""
        if style.kind is StyleKind.LINK:
            return "[", "](" + style.href.replace("(", "%28").replace(")", "%29") + ")"
        if style.kind is StyleKind.CODE:
            return ("`` ", " ``") if "`" in text else ("`", "`")
        return DISCORD_STYLES[style.kind], DISCORD_STYLES[style.kind]

    def escape(self, text: str, styles: tuple[Style, ...], block: Block) -> str:
        """Put a backslash where Discord would see a sign, and a zero-width space between ticks in code."""
        if block.kind is BlockKind.CODE:
            return FENCE.sub(lambda found: ZERO_WIDTH_SPACE.join(found[0]), text)
        if MARKER in styles:
            return "•" if text == "-" else text  # where nothing follows it, a dash begins no item
        if CODE in styles:
            return DOUBLED_TICK.sub(f"`{ZERO_WIDTH_SPACE}", text)
        signs = DISCORD_LINK_SIGNS if any(style.kind is StyleKind.LINK for style in styles) else DISCORD_SIGNS
        pieces = ADDRESS.split(text)
        pieces[::2] = [signs.sub(r"\\\g<0>", piece) for piece in pieces[::2]]
        return "".join(pieces)

    def num_escapes(self, text: str, block: Block) -> int:
        num_ticks = text.count("`")
        if block.kind is BlockKind.CODE:
            return 3 * num_ticks
        return len(DISCORD_CHARACTERS.findall(text)) + 2 * num_ticks + text.startswith("-")


class TelegramHtml:
    """The HTML that Telegram's Bot API reads (core.telegram.org/bots/api, "HTML style")."""

    bullet = "• "
    block_break = "\n"
    bare = Frame()

    def frame(self, block: Block) -> Frame:
        if block.kind is BlockKind.CODE and block.language:
            opening = f'<pre><code class="language-{block.language}">'
            return Frame(opening, opening, "</code></pre>", key=("code", block.number))
        if block.kind is BlockKind.CODE:
            return Frame("<pre>", "<pre>", "</pre>", key=("code", block.number))
        if block.quote_level:
            frame = _lined_frame(block, "&gt; " * (block.quote_level - 1))
            return replace(frame, opening="<blockquote>", reopening="<blockquote>", closing="</blockquote>")
        return _lined_frame(block, "")

    def styles(self, span: Span, block: Block) -> tuple[Style, ...]:
        """Headings are bold; code stands alone, for Telegram allows nothing around or in it."""
        if CODE in span.styles:
            others = tuple(style for style in span.styles if style.kind in (StyleKind.LINK, StyleKind.SPOILER))
            return others or (CODE,)
        if block.kind is BlockKind.HEADING:
            return BOLD, *(style for style in span.styles if style != BOLD)
        return tuple(style for style in span.styles if style != MARKER)

    def signs(self, style: Style, text: str) -> Signs:
        if style.kind is StyleKind.LINK:
            return f'<a href="{html.escape(style.href)}">', "</a>"
        tag = TELEGRAM_TAGS[style.kind]
        return f"<{tag}>", f"</{tag}>"

    def escape(self, text: str, styles: tuple[Style, ...], block: Block) -> str:
        return html.escape(text, quote=False)

    def num_escapes(self, text: str, block: Block) -> int:
        return 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")


class Irc(Plain):
    """Lines with the formatting codes of IRC (modern.ircdocs.horse/formatting)."""

    def frame(self, block: Block) -> Frame:
        frame = _lined_frame(block, "> " * block.quote_level)
        if block.kind is BlockKind.CODE:
            return replace(frame, first_prefix=frame.first_prefix + MONOSPACE, prefix=frame.prefix + MONOSPACE)
        return frame

    def styles(self, span: Span, block: Block) -> tuple[Style, ...]:
        styles = tuple(style for style in span.styles if style != MARKER)
        if block.kind is BlockKind.HEADING:
            return BOLD, *(style for style in styles if style != BOLD)
        return styles

    def signs(self, style: Style, text: str) -> Signs:
        if style.kind not in IRC_CODES:
            return super().signs(style, text)
        return IRC_CODES[style.kind], IRC_CODES[style.kind]


def dialect_of(markup: Markup) -> Dialect:
    """Return the dialect with this name."""
    match markup:
        case Markup.PLAIN:
            return Plain()
        case Markup.MARKDOWN:
            return Source()
        case Markup.DISCORD:
            return Discord()
        case Markup.TELEGRAM_HTML:
            return TelegramHtml()
        case Markup.MATRIX_HTML:
            return MatrixHtml()
        case Markup.IRC:
            return Irc()


def _lined_frame(block: Block, quote: str) -> Frame:
    """Return a frame of nothing but prefixes: quote signs, and indentation under list markers."""
    if block.kind is BlockKind.CODE:
        return Frame(first_prefix=quote, prefix=quote, blank=quote.rstrip(), key=_quote_key(block))
    indent = INDENT * block.list_level
    first_indent = INDENT * (block.list_level - block.has_marker)
    return Frame(first_prefix=quote + first_indent, prefix=quote + indent, blank=quote.rstrip(), key=_quote_key(block))


def _quote_key(block: Block) -> tuple[str, int] | None:
    return ("quote", block.quote_number) if block.quote_level else None
