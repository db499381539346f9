"""Durations as people write them: "10m", "1h30m", "2 days", "10分钟"."""

import re
from datetime import timedelta

UNITS = {
    "seconds": ("s", "sec", "secs", "second", "seconds", "秒", "秒钟"),
    "minutes": ("m", "min", "mins", "minute", "minutes", "分", "分钟"),
    "hours": ("h", "hour", "hours", "时", "小时", "个小时"),
    "days": ("d", "day", "days", "天"),
    "weeks": ("w", "week", "weeks", "周", "星期"),
}
_UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words}
_WORDS = "|".join(sorted(_UNIT_OF, key=len, reverse=True))
_PART = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,9}})?)[ ]?({_WORDS})", re.IGNORECASE)
DURATION = re.compile(rf"(?:{_PART.pattern})+(?!\S)", re.IGNORECASE)
"""Parts follow each other without a space, so that "10m 5 days of rain" is ten minutes and a text."""


def parse_duration(text: str) -> timedelta:
    """Return the duration that `text` names. Raises ValueError, and OverflowError above 999,999,999 days."""
    if not DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration; write it like 10m, 1h30m or 2 days")
    return sum((timedelta(**{_UNIT_OF[unit.lower()]: float(n)}) for n, unit in _PART.findall(text)), timedelta())


def format_duration(duration: timedelta | float) -> str:
    """Return a duration, or seconds, in its two largest units, rounded down: "1h30m", "2d"."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    left, parts = max(0, int(seconds)), []
    for letter, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        parts.append(f"{count}{letter}" if count else "")
    first = next((place for place, part in enumerate(parts) if part), 0)
    return "".join(parts[first : first + 2]) or "0s"
