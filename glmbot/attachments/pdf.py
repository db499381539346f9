"""Reads a PDF. Runs in the child process only: pypdf follows what a hostile file says."""

import io
import logging

from pypdf import PdfReader
from pypdf.errors import DependencyError, LimitReachedError

from glmbot.attachments.extracted import MAX_CHARS, MAX_PAGES, ExtractedText, Problem, Unreadable, cleaned


def pdf_text(data: bytes) -> ExtractedText:
    """Return the text of the first pages. Raises Unreadable, and whatever pypdf raises on a damaged file."""
    logging.disable()
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not _opens_without_password(reader):
        raise Unreadable(Problem.ENCRYPTED)
    try:
        return _text_of(reader)
    except LimitReachedError as error:
        raise Unreadable(Problem.TOO_COMPLEX) from error


def _opens_without_password(reader: PdfReader) -> bool:
    try:
        return bool(reader.decrypt(""))
    except DependencyError:  # encrypted in a way that needs another library
        return False


def _text_of(reader: PdfReader) -> ExtractedText:
    pages: list[str] = []
    num_chars = 0
    for number, page in enumerate(reader.pages):
        if number == MAX_PAGES or num_chars > MAX_CHARS:
            return cleaned("\n\n".join(pages), is_cut=True)
        pages.append(page.extract_text().strip())
        num_chars += len(pages[-1])
    return cleaned("\n\n".join(pages))
