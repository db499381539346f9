"""What comes of reading a file: its text, or why there is none. Imported by the child process, too."""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import category

from glmbot.errors import GlmbotError

MAX_BYTES = 10_000_000
"""Of a file."""
MAX_CHARS = 40_000
"""Of a file's text; what is longer is cut."""
MAX_PAGES = 50


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """The text of a file; `is_cut` tells whether there was more of it."""

    text: str
    is_cut: bool = False


class Problem(StrEnum):
    """Why a file is not read."""

    ARCHIVE = "archive"
    PROGRAM = "program"
    UNKNOWN_KIND = "unknown kind"
    ENCRYPTED = "encrypted"
    NO_TEXT = "no text"
    DAMAGED = "damaged"
    TOO_COMPLEX = "too complex"
    TOO_LARGE = "too large"
    NEEDS_EXTRA = "needs extra"


class Unreadable(GlmbotError):
    """A file is not read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def cleaned(text: str, is_cut: bool = False) -> ExtractedText:
    """Return a text as it is given on, at most MAX_CHARS of it. Raises Unreadable where nothing is left."""
    lines = text[: 2 * MAX_CHARS].replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    seen = "".join(one for one in lines if one in "\n\t" or category(one) != "Cc")
    whole = seen.encode("utf-8", "replace").decode().strip()
    if not whole:
        raise Unreadable(Problem.NO_TEXT)
    return ExtractedText(whole[:MAX_CHARS].rstrip(), is_cut or len(text) > 2 * MAX_CHARS or len(whole) > MAX_CHARS)
