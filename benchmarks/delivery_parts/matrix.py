"""Reads Matrix's HTML by the list of what clients show (spec.matrix.org/v1.11, "m.room.message msgtypes")."""

import re

from delivery_parts.content import Reading, bare
from delivery_parts.html_reader import BadHtml, Node, parse_html

BLOCKS = frozenset(
    [
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "p",
        "ul",
        "ol",
        "li",
        "pre",
        "div",
        "hr",
        "table",
        "thead",
        "tbody",
        "tr",
    ]
)
ALLOWED = BLOCKS | frozenset(
    [
        "del",
        "a",
        "sup",
        "sub",
        "b",
        "i",
        "u",
        "strong",
        "em",
        "s",
        "code",
        "br",
        "th",
        "td",
        "caption",
        "span",
        "img",
        "details",
        "summary",
    ]
)
ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "code": {"class"},
    "span": {"data-mx-spoiler", "data-mx-color", "data-mx-bg-color", "data-mx-maths"},
}
PARENTS = {"li": {"ul", "ol"}}
VOID = frozenset(["br", "hr"])
MAX_BYTES = 24_000


def read(text: str) -> Reading:
    """Return what a Matrix client shows."""
    reading = Reading(length=len(text.encode()))
    try:
        root = parse_html(text, VOID)
        _check(root, "")
    except BadHtml as error:
        reading.errors.append(str(error))
        reading.num_open_fences = int(text.count("<pre>") != text.count("</pre>"))
        return reading
    reading.shown = re.sub("\n+", "\n", _shown(root, reading)).strip("\n")
    reading.content.lines.append(reading.shown)
    return reading


def _check(node: Node, parent: str) -> None:
    if node.tag and node.tag not in ALLOWED:
        raise BadHtml(f"<{node.tag}> is not allowed")
    if wrong := set(node.attributes) - ATTRIBUTES.get(node.tag, set()):
        raise BadHtml(f"<{node.tag}> with {wrong}")
    if node.tag in PARENTS and parent not in PARENTS[node.tag]:
        raise BadHtml(f"<{node.tag}> within <{parent}>")
    if node.tag in ("ul", "ol") and any(isinstance(child, str) or child.tag != "li" for child in node.children):
        raise BadHtml(f"other than items in <{node.tag}>")
    if node.tag in BLOCKS and parent in ("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre"):
        raise BadHtml(f"<{node.tag}> within <{parent}>")
    if node.tag == "a" and not node.attributes.get("href", "").startswith(("http://", "https://")):
        raise BadHtml("a link without an address")
    if node.tag == "code" and node.attributes and not node.attributes["class"].startswith("language-"):
        raise BadHtml("a class that is no language")
    for child in node.children:
        if isinstance(child, Node):
            _check(child, node.tag)


def _shown(node: Node, reading: Reading) -> str:
    """Return the text as it is shown, with the signs of lists that a client adds; gather all else."""
    content = reading.content
    if node.tag == "br":
        return "\n"
    if node.tag == "pre":
        inner = node.children[0]
        assert isinstance(inner, Node)
        content.codes.append((inner.attributes.get("class", "").removeprefix("language-"), node.text()))
        return f"\n{node.text()}\n"
    number = int(node.attributes.get("start", "1"))
    text = ""
    for child in node.children:
        if isinstance(child, str):
            text += child
        elif child.tag == "li":
            text += f"\n{number}. " if node.tag == "ol" else "\n• "
            text += _shown(child, reading)
            number += 1
        else:
            text += _shown(child, reading)
    if node.tag == "a":
        content.links.append((node.attributes["href"], bare(text)))
    elif node.tag == "code":
        content.inline_codes.append(bare(text))
    elif node.tag == "span" and "data-mx-spoiler" in node.attributes:
        content.spoilers.append(bare(text))
    return f"\n{text}\n" if node.tag in BLOCKS else text
