"""Reads a text, a program's source or a Markdown file, in whichever encoding it has."""

import codecs
import unicodedata

from glmbot.attachments.extracted import MAX_CHARS, ExtractedText, Problem, Unreadable, cleaned

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark is how this one begins
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
WITHOUT_MARK = ("utf-8", "gb18030")
MAX_BYTES_READ = 8 * MAX_CHARS
"""More than any text of MAX_CHARS has, but for one full of what is left out."""
MAX_STRANGE = 0.02
"""Share of characters that no text has; a binary file that can be decoded by chance has more."""
STRANGE = frozenset({"Cc", "Cn", "Co", "Cs"})
USUAL = frozenset("\n\r\t\f\v\b\x1b")


def plain_text(data: bytes) -> ExtractedText:
    """Return a file's text. Raises Unreadable where it is none."""
    if not data:
        raise Unreadable(Problem.NO_TEXT)
    text = _decoded(data)
    if text is None or _is_strange(text):
        raise Unreadable(Problem.UNKNOWN_KIND)
    return cleaned(text, is_cut=len(data) > MAX_BYTES_READ)


def _decoded(data: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return _beginning(data[len(mark) :], encoding)
    if b"\x00" in data:
        return None
    texts = (_beginning(data, encoding) for encoding in WITHOUT_MARK)
    return next((text for text in texts if text is not None), None)


def _beginning(data: bytes, encoding: str) -> str | None:
    """Return the beginning of a text, None where it has not this encoding."""
    try:
        is_whole = len(data) <= MAX_BYTES_READ
        return codecs.getincrementaldecoder(encoding)().decode(data[:MAX_BYTES_READ], final=is_whole)
    except UnicodeDecodeError:
        return None


def _is_strange(text: str) -> bool:
    num_strange = sum(unicodedata.category(one) in STRANGE and one not in USUAL for one in text)
    return num_strange > MAX_STRANGE * len(text)
