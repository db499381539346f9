"""Messages of OneBot v11: a list of segments, or a string with CQ codes.

Source: github.com/botuniverse/onebot-11, message/array.md, message/string.md and message/segment.md.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from glmbot.events import MAX_TEXT

CQ_CODE = re.compile(r"\[CQ:([\w.-]+)((?:,[^,=\]]+=[^,\]]*)*)\]")
ESCAPES = {"&amp;": "&", "&#91;": "[", "&#93;": "]", "&#44;": ","}
ESCAPED = re.compile("|".join(ESCAPES))
MAX_ID = 32
EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a message, such as text, a mention ("at") or a picture."""

    kind: str
    data: Mapping[str, object]

    def id_of(self, name: str) -> str | None:
        """Return one of the values as an id."""
        return as_id(self.data.get(name))


@dataclass(slots=True)
class Said:
    """What a message says: its text, whom it mentions, and which message it answers. The ids are QQ's."""

    text: str = ""
    mentioned: set[str] = field(default_factory=set)
    replied_to: str | None = None


def read_message(message: object, self_id: str) -> Said:
    """Return what a message says; a mention of `self_id` is cut out of the text, what is no text counts for nothing."""
    said, texts = Said(), list[str]()
    for segment in segments_of(message):
        match segment.kind:
            case "text":
                texts.append(str(segment.data.get("text") or ""))
            case "at" if person := segment.id_of("qq") or _everybody(segment):
                said.mentioned.add(person)
                texts.append("" if person == self_id else f"@{segment.data.get('name') or person} ")
            case "reply":
                said.replied_to = segment.id_of("id")
    said.text = "".join(texts)[: MAX_TEXT + 1].strip()
    return said


def segments_of(message: object) -> Iterator[Segment]:
    """Yield the segments of a message in either form; what has neither is skipped."""
    if isinstance(message, str):
        yield from _segments_of_string(message)
    for one in message if isinstance(message, list) else [message]:
        if isinstance(one, dict) and isinstance(kind := one.get("type"), str):
            data = one.get("data")
            yield Segment(kind, data if isinstance(data, dict) else {})


def as_id(value: object) -> str | None:
    """Return an id, which comes as a number or as its digits; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    is_id = isinstance(value, str) and len(value) <= MAX_ID and re.fullmatch(r"-?[0-9]+", value)
    return str(value) if is_id else None


def _everybody(segment: Segment) -> str | None:
    return EVERYBODY if segment.data.get("qq") == EVERYBODY else None


def _segments_of_string(message: str) -> Iterator[Segment]:
    end = 0
    for code in CQ_CODE.finditer(message):
        yield _text(message[end : code.start()])
        pairs = (pair.partition("=") for pair in code[2].split(",")[1:])
        yield Segment(code[1], {name: _unescaped(value) for name, _, value in pairs})
        end = code.end()
    yield _text(message[end:])


def _text(text: str) -> Segment:
    return Segment("text", {"text": _unescaped(text)})


def _unescaped(text: str) -> str:
    """Undo the escapes, each once: "&amp;#91;" means "&#91;"."""
    return ESCAPED.sub(lambda found: ESCAPES[found[0]], text)
