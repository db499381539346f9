"""Reads the lists of forbidden terms."""

import re
from collections.abc import Iterable
from pathlib import Path

from glmbot.errors import ConfigError
from glmbot.safety.term import prepare

_ORDINARY = re.compile("(?=.*[^ ])[A-Za-z0-9 \u4e00-\u9fff]{1,64}")
"""Terms that can be compared, most of a long list; the others are tried."""


def load_terms(paths: Iterable[Path]) -> list[str]:
    """Return the terms of all lists, each once, in the order they are written.

    A list is UTF-8 text with one term a line; `#` begins a comment. Raises ConfigError, which names file and
    line, for a list that cannot be read and for a term that cannot be compared.
    """
    terms: dict[str, None] = {}
    for path in paths:
        terms.update(dict.fromkeys(_parse(_read(path), str(path))))
    return list(terms)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"word list {str(path)!r} cannot be read: {error.strerror}; correct where it is named, or the file's rights"
        ) from error


def _parse(content: bytes, name: str) -> list[str]:
    terms: list[str] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        term = _decode(line, name, number).partition("#")[0].strip()
        if term:
            if not _ORDINARY.fullmatch(term):
                _check(term, name, number)
            terms.append(term)
    return terms


def _decode(line: bytes, name: str, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"word list {name!r}, line {number}: not UTF-8 text; save the file in the encoding UTF-8"
        ) from error


def _check(term: str, name: str, number: int) -> None:
    try:
        prepare(term)
    except ConfigError as error:
        raise ConfigError(f"word list {name!r}, line {number}: {error}") from error
