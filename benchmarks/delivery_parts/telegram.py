"""Reads Telegram's HTML as the Bot API does (core.telegram.org/bots/api, "HTML style"): text and entities."""

from delivery_parts.content import Reading, bare
from delivery_parts.html_reader import BadHtml, Node, parse_html

SIMPLE = frozenset(
    ["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "blockquote", "tg-spoiler"]
)
MAX_UNITS = 4096


def read(text: str) -> Reading:
    """Return what Telegram shows."""
    reading = Reading()
    try:
        root = parse_html(text)
        _check(root, [])
    except BadHtml as error:
        reading.errors.append(str(error))
        reading.num_open_fences = int(text.count("<pre>") != text.count("</pre>"))
        return reading
    _collect(root, reading)
    reading.shown = root.text()
    reading.length = len(reading.shown.encode("utf-16-le")) // 2
    reading.content.lines.append(reading.shown)
    if not reading.shown.strip():
        reading.errors.append("message text is empty")
    return reading


def _check(node: Node, outer: list[str]) -> None:
    names = list(node.attributes)
    is_language = node.tag == "code" and names == ["class"] and outer[-1:] == ["pre"]
    if node.tag == "a":
        if names != ["href"] or not node.attributes["href"].startswith(("http://", "https://")):
            raise BadHtml("a link without an address")
    elif node.tag and (node.tag not in SIMPLE or (names and not is_language)):
        raise BadHtml(f"<{node.tag}> with {names}")
    if node.tag and (node.tag in outer or {"pre", "code"} & set(outer)) and not is_language:
        raise BadHtml(f"<{node.tag}> within {outer}")
    if node.tag in ("code", "pre") and set(outer) - {"blockquote"} and not is_language:
        raise BadHtml(f"<{node.tag}> within {outer}")
    if node.tag and not node.text():
        raise BadHtml(f"<{node.tag}> is empty")
    for child in node.children:
        if isinstance(child, Node):
            _check(child, [*outer, node.tag] if node.tag else outer)


def _collect(node: Node, reading: Reading) -> None:
    """Gather the entities."""
    content = reading.content
    if node.tag == "pre":
        inner = node.children[0]
        language = inner.attributes["class"].removeprefix("language-") if isinstance(inner, Node) else ""
        content.codes.append((language, node.text()))
        return
    if node.tag == "code":
        content.inline_codes.append(bare(node.text()))
    elif node.tag == "a":
        content.links.append((node.attributes["href"], bare(node.text())))
    elif node.tag == "tg-spoiler":
        content.spoilers.append(bare(node.text()))
    for child in node.children:
        if isinstance(child, Node):
            _collect(child, reading)
