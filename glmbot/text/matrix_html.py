"""The HTML that Matrix clients show (spec.matrix.org/v1.11, "m.room.message msgtypes")."""

import html

from glmbot.text.document import (
    MARKER,
    Block,
    BlockKind,
    Container,
    ContainerKind,
    Element,
    Frame,
    Span,
    Style,
    StyleKind,
)

TAGS = {StyleKind.BOLD: "strong", StyleKind.ITALIC: "em", StyleKind.STRUCK: "del", StyleKind.CODE: "code"}


class MatrixHtml:
    """A dialect with real lists and quotes: each block stands in the elements around it."""

    bullet = "- "
    block_break = ""
    bare = Frame(line_break="<br>", key=("bare", 0))

    def frame(self, block: Block) -> Frame:
        """Return a block's element; the first text of a list's item needs none."""
        opening, closing = _element(block)
        return Frame(
            opening,
            opening,
            closing,
            key=("block", block.number),
            line_break="\n" if block.kind is BlockKind.CODE else "<br>",
            outer=tuple(element for container in block.containers for element in _elements(container)),
        )

    def styles(self, span: Span, block: Block) -> tuple[Style, ...]:
        return span.styles

    def signs(self, style: Style, text: str) -> tuple[str, str]:
        if style == MARKER:
            return "", ""
        if style.kind is StyleKind.LINK:
            return f'<a href="{html.escape(style.href)}">', "</a>"
        if style.kind is StyleKind.SPOILER:
            return "<span data-mx-spoiler>", "</span>"
        return f"<{TAGS[style.kind]}>", f"</{TAGS[style.kind]}>"

    def escape(self, text: str, styles: tuple[Style, ...], block: Block) -> str:
        """Leave out the signs of lists, which clients write by themselves."""
        return "" if MARKER in styles else html.escape(text, quote=False)

    def num_escapes(self, text: str, block: Block) -> int:
        return 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")


def _element(block: Block) -> tuple[str, str]:
    if block.kind is BlockKind.CODE and block.language:
        return f'<pre><code class="language-{block.language}">', "</code></pre>"
    if block.kind is BlockKind.CODE:
        return "<pre><code>", "</code></pre>"
    if block.kind is BlockKind.HEADING:
        return f"<h{block.heading_level}>", f"</h{block.heading_level}>"
    return ("", "") if block.has_marker else ("<p>", "</p>")


def _elements(container: Container) -> list[Element]:
    if container.kind is ContainerKind.QUOTE:
        return [Element(("quote", container.number, 0), "<blockquote>", "</blockquote>")]
    item = Element(("item", container.number, container.item), "<li>", "</li>")
    if container.kind is ContainerKind.BULLET_ITEM:
        return [Element(("list", container.number, 0), "<ul>", "</ul>"), item]
    opening = "<ol>" if container.item == 1 else f'<ol start="{container.item}">'
    return [Element(("list", container.number, 0), opening, "</ol>"), item]
