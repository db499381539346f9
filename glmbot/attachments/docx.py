"""Reads a Word document. Runs in the child process only."""

import io
import re
import zipfile

from defusedxml.ElementTree import DefusedXMLParser

from glmbot.attachments.extracted import MAX_CHARS, ExtractedText, Problem, Unreadable, cleaned

MAX_UNPACKED = 20_000_000
"""Bytes of all that is in it."""
MAX_ENTRIES = 5000
MAX_RATIO = 200
RATIO_FROM = 1_000_000
"""Bytes from which on the ratio is looked at: what is small may be as empty as it likes."""
CHUNK = 65_536
MAIN_PART = re.compile(r"word/document[0-9]*\.xml")
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRICT_WORD = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""What stands for something newer programs have read already."""
SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
ENDS = {"p": "\n", "tc": "\t", "tr": "\n"}


def docx_text(data: bytes) -> ExtractedText:
    """Return the document's text. Raises Unreadable, and what the libraries raise on a damaged file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = _main_part(archive)
        text = _Text()
        parser = DefusedXMLParser(target=text, forbid_dtd=True)
        with archive.open(part) as stream:
            num_bytes = 0
            while (chunk := stream.read(CHUNK)) and text.num_chars <= MAX_CHARS:
                num_bytes += len(chunk)
                if num_bytes > MAX_UNPACKED:
                    raise Unreadable(Problem.TOO_COMPLEX)
                parser.feed(chunk)
    return cleaned("".join(text.pieces), is_cut=bool(chunk))


def _main_part(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or any(map(_is_bomb, entries)):
        raise Unreadable(Problem.TOO_COMPLEX)
    part = next((entry for entry in entries if MAIN_PART.fullmatch(entry.filename)), None)
    if part is None:
        raise Unreadable(Problem.DAMAGED)
    if part.flag_bits & 1:
        raise Unreadable(Problem.ENCRYPTED)
    return part


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * max(1, entry.compress_size)


class _Text:
    """Takes the document's elements as they come, and keeps their text; what was deleted is in elements of its own."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.num_chars = 0
        self._is_in_text = False
        self._num_fallbacks = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._num_fallbacks += tag == FALLBACK
        name = _name(tag)
        self._is_in_text = name == "t"
        self._add(SPACES.get(name, ""))

    def end(self, tag: str) -> None:
        self._num_fallbacks -= tag == FALLBACK
        self._is_in_text = False
        self._add(ENDS.get(_name(tag), ""))

    def data(self, text: str) -> None:
        if self._is_in_text:
            self._add(text)

    def close(self) -> None:
        """Do nothing; the parser asks for it."""

    def _add(self, text: str) -> None:
        if text and not self._num_fallbacks:
            self.pieces.append(text)
            self.num_chars += len(text)


def _name(tag: str) -> str:
    """Return the name of one of Word's elements, nothing for others."""
    for space in (WORD, STRICT_WORD):
        if tag.startswith(space):
            return tag[len(space) :]
    return ""
