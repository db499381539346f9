"""Reads the HTML of messages into a tree, by hand: unlike a browser, it forgives nothing."""

import html
import re
from dataclasses import dataclass, field

TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)((?: [a-z-]+(?:=\"[^\"<>]*\")?)*)>")
ATTRIBUTE = re.compile(r" ([a-z-]+)(?:=\"([^\"]*)\")?")
ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")


class BadHtml(Exception):
    """The platform would refuse it."""


@dataclass(slots=True)
class Node:
    """An element, with text and other elements in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    def text(self) -> str:
        """Return all the text in it; a <br> is a line break."""
        if self.tag == "br":
            return "\n"
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


def parse_html(markup: str, void: frozenset[str] = frozenset()) -> Node:
    """Return the tree. Raises BadHtml."""
    root = Node("")
    stack = [root]
    position = 0
    for found in TAG.finditer(markup):
        _add_text(stack[-1], markup[position : found.start()])
        position = found.end()
        closing, tag, attributes = found.groups()
        if closing:
            if stack[-1].tag != tag or len(stack) == 1:
                raise BadHtml(f"</{tag}> within <{stack[-1].tag}>")
            stack.pop()
            continue
        node = Node(tag, {name: html.unescape(value) for name, value in ATTRIBUTE.findall(attributes)})
        stack[-1].children.append(node)
        if tag not in void:
            stack.append(node)
    _add_text(stack[-1], markup[position:])
    if len(stack) > 1:
        raise BadHtml(f"<{stack[-1].tag}> is not closed")
    return root


def _add_text(node: Node, raw: str) -> None:
    if re.search("[<>]|&(?!(?:lt|gt|amp|quot|#\\d+|#x[0-9a-fA-F]+);)", raw):
        raise BadHtml(f"a bare sign in {raw[:40]!r}")
    if raw:
        node.children.append(ENTITY.sub(lambda found: html.unescape(found[0]), raw))
