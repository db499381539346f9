"""The words of the grammar by what they mean, out of the lists beside this file."""

from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent


def english() -> Iterator[tuple[str, str]]:
    """Yield each English expression with its meaning; "rule/s" is two, and "to ignore" is no order."""
    for expression, meaning in _entries("english.txt"):
        stem, _, ending = expression.partition("/")
        for form in {stem, stem + ending}:
            yield form, meaning
        if meaning in ("DROP", "SOFT"):
            yield f"to {stem}", "INFINITIVE"


def chinese() -> Iterator[tuple[str, str]]:
    """Yield each Chinese expression with its meaning."""
    return _entries("chinese.txt")


def _entries(name: str) -> Iterator[tuple[str, str]]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        meaning, _, expressions = line.partition(": ")
        if not line.startswith("#"):
            for expression in expressions.split(", "):
                yield expression, meaning
