"""A text as lines of styled spans: what every dialect is written from."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from glmbot.events import Language


class StyleKind(StrEnum):
    """How a span of text is set apart."""

    BOLD = "bold"
    ITALIC = "italic"
    STRUCK = "struck"
    CODE = "code"
    LINK = "link"
    SPOILER = "spoiler"
    """Hidden until the reader asks for it."""
    MARKER = "marker"
    """The sign before an item of a list, which some dialects leave to the platform."""


@dataclass(frozen=True, slots=True)
class Style:
    """One style of a span; `href` is a link's address, `language` that of a spoiler's text."""

    kind: StyleKind
    href: str = ""
    language: Language = Language.ENGLISH


BOLD = Style(StyleKind.BOLD)
ITALIC = Style(StyleKind.ITALIC)
STRUCK = Style(StyleKind.STRUCK)
CODE = Style(StyleKind.CODE)
MARKER = Style(StyleKind.MARKER)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text with its styles, outermost first. Holds no line break."""

    text: str
    styles: tuple[Style, ...] = ()


class BlockKind(StrEnum):
    """What a block is, as far as a dialect may write it in its own way."""

    TEXT = "text"
    HEADING = "heading"
    CODE = "code"


class ContainerKind(StrEnum):
    """What blocks can stand in."""

    QUOTE = "quote"
    BULLET_ITEM = "bullet_item"
    NUMBERED_ITEM = "numbered_item"


@dataclass(frozen=True, slots=True)
class Container:
    """A quote, or one item of a list, around a block."""

    kind: ContainerKind
    number: int
    """Unlike that of any other quote or list; a list whose numbers jump counts as a new one."""
    item: int = 0
    """The item's number in its list."""


@dataclass(frozen=True, slots=True)
class Element:
    """Something that is open around several blocks: those that follow one another with the same `key`."""

    key: tuple[str, int, int]
    opening: str = field(compare=False)
    closing: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a dialect writes around the lines of a block.

    Neighbouring blocks with the same `key` share one frame: then `blank` fills the empty lines between them.
    """

    opening: str = ""
    reopening: str = ""
    """Instead of `opening`, where the block goes on in the next message."""
    closing: str = ""
    first_prefix: str = ""
    prefix: str = ""
    blank: str = ""
    key: tuple[str, int] | None = None
    line_break: str = "\n"
    """What ends a line within the frame."""
    outer: tuple[Element, ...] = ()
    """What the frame stands in, outermost first."""


@dataclass(frozen=True, slots=True)
class Block:
    """What the lines of a paragraph, heading, list item, table or piece of code have in common."""

    number: int
    """Unlike that of any other block of the document."""
    kind: BlockKind = BlockKind.TEXT
    heading_level: int = 0
    list_level: int = 0
    has_marker: bool = False
    """Whether its first line begins with a list marker."""
    quote_level: int = 0
    quote_number: int = 0
    language: str = ""
    containers: tuple[Container, ...] = ()
    """The quotes and items it stands in, outermost first."""
    source_frame: Frame | None = None
    """The frame as the source has it, where the source is kept as it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block. `gap` is the number of line breaks between it and the line before."""

    block: Block
    spans: tuple[Span, ...] = field(default=())
    gap: int = 1
    is_first: bool = False
    """Whether it begins its block."""

    def text(self, max_characters: int | None = None) -> str:
        """Return its text without styles, or only the beginning of it."""
        pieces: list[str] = []
        room = max_characters
        for span in self.spans:
            if room is not None and room <= 0:
                break
            pieces.append(span.text[:room])
            room = None if room is None else room - len(span.text)
        return "".join(pieces)

    def split(self, position: int) -> tuple["Line", "Line"]:
        """Cut the line in two; white space at the cut loses its style, since no dialect can close one behind it."""
        index = 0
        while position > len(self.spans[index].text):
            position -= len(self.spans[index].text)
            index += 1
        span = self.spans[index]
        head, tail = span.text[:position], span.text[position:]
        bare = head.rstrip() if span.styles else head
        left = (*self.spans[:index], Span(bare, span.styles), Span(head[len(bare) :]))
        right = (Span(tail, span.styles), *self.spans[index + 1 :])
        return (
            replace(self, spans=tuple(part for part in left if part.text)),
            replace(self, spans=tuple(part for part in right if part.text), gap=1, is_first=False),
        )
