"""Reads the tables of folder data; each is read once, when it is first asked for."""

from functools import cache
from importlib.resources import files


@cache
def confusables() -> dict[str, str]:
    """Return the letters, the digit or the Chinese character that each character looks like."""
    return _by_member("confusables.txt")


@cache
def simplified() -> dict[str, str]:
    """Return the simplified form of each Chinese character that has another one."""
    return _by_member("simplified.txt")


@cache
def readings() -> dict[str, str]:
    """Return the usual reading of each Chinese character, in pinyin without a tone."""
    return _by_member("readings.txt")


@cache
def more_readings() -> dict[str, list[str]]:
    """Return the further readings of the Chinese characters that have several."""
    return {one: more for one, *more in _rows("more_readings.txt")}


@cache
def lookalikes() -> dict[str, str]:
    """Return for each Chinese character those that look like it, the most alike first."""
    return dict(_rows("lookalikes.txt"))


@cache
def splits() -> dict[str, list[str]]:
    """Return the ways to write a Chinese character as its parts."""
    return {one: ways for one, *ways in _rows("splits.txt")}


def _by_member(name: str) -> dict[str, str]:
    return {one: value for value, members in _rows(name) for one in members}


def _rows(name: str) -> list[list[str]]:
    text = files("glmbot.safety").joinpath("data", name).read_text(encoding="utf-8")
    # Not splitlines and split(): some of the characters are line ends or spaces to them.
    return [line.split(" ") for line in text.split("\n") if line]
