"""Links whose addresses stand elsewhere: [text][label], and far below [label]: https://..."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

DEFINITION = re.compile(
    r"^ {0,3}\[([^\]^\n][^\]\n]*)\]:[ \t]+<?(https?://[^\s<>]+)>?(?:[ \t]+[\"'(].*[\"')])?[ \t]*$\n?", re.MULTILINE
)
LABEL = re.compile(r"\[([^\[\]]+)\](?!:)")


def take_definitions(texts: Sequence[Token]) -> dict[str, dict[str, str]]:
    """Return the definitions that paragraphs use, and take them out of the paragraphs; unused ones stay as text."""
    defined = [text for text in texts if "]:" in text.content and DEFINITION.search(text.content)]
    if not defined:
        return {}
    used = {_key(label) for text in texts for label in LABEL.findall(text.content)}
    references: dict[str, dict[str, str]] = {}
    for text in defined:
        for label, address in DEFINITION.findall(text.content):
            if _key(label) in used:
                references.setdefault(_key(label), {"href": address, "title": ""})
        text.content = DEFINITION.sub(lambda found: "" if _key(found[1]) in references else found[0], text.content)
    return references


def _key(label: str) -> str:
    """Return a label as markdown-it looks it up."""
    return " ".join(label.split()).lower().upper()
