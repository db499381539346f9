"""What should stay in one piece where a text is cut: links, addresses, code in a line."""

import re

from glmbot.text.document import CODE, BlockKind, Line, Span, Style, StyleKind

MAX_ADDRESS = 2000
ADDRESS_BEFORE = re.compile(r"https?://[!-;=?-~]*$")
IN_ADDRESS = re.compile(r"[!-;=?-~]")


def start_of_whole(line: Line, text: str, position: int) -> int:
    """Return where that begins which a cut at `position` would tear, or the position itself."""
    if line.block.kind is BlockKind.CODE:
        return position
    start = _start_of_styled(line, position)
    return _start_of_address(text, position) if start is None else start


def _start_of_styled(line: Line, position: int) -> int | None:
    """Return where a link or code begins that goes on behind the position."""
    start = end = 0
    whole: Style | None = None
    for span in line.spans:
        style = _whole_style(span)
        if style is None or style != whole:
            if end >= position:
                return None
            whole, start = style, end
        end += len(span.text)
        if end > position:
            return start if whole else None
    return None


def _whole_style(span: Span) -> Style | None:
    links = [style for style in span.styles if style.kind is StyleKind.LINK]
    return links[0] if links else CODE if CODE in span.styles else None


def _start_of_address(text: str, position: int) -> int:
    if not IN_ADDRESS.match(text, position):
        return position
    before = max(position - MAX_ADDRESS, 0)
    found = ADDRESS_BEFORE.search(text[before:position])
    return before + found.start() if found else position
