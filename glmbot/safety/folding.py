"""Reads each character as a person does, whatever it is disguised as, and remembers where each one came from."""

import re
import unicodedata
from bisect import bisect_right
from functools import cache, cached_property

from glmbot.safety import tables

KEPT = frozenset("，！？：；（）…‥―—–‘’“”·、。~™®©℠№")
"""Signs that stay as they are; some would become letters."""
MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
INVISIBLE = re.compile(
    f"[{MARKS}\\x00-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""Accents, joiners, direction signs, tags, and letters with nothing to see."""


class Folded:
    """A text without case, width, accents, invisible characters and look-alikes; `text` is what is compared."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = original.lower() if _is_simple(original) else _fold_all(original)

    def origin(self, index: int) -> int:
        """Return the place in the original of the character at `index` of `text`."""
        return self._origins[index]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of a part of `text` that is not empty."""
        return self._origins[start], self._origins[end - 1] + 1

    def index(self, place: int) -> int:
        """Return the first index of `text` that comes from behind `place` of the original, or from it."""
        return bisect_right(self._origins, place - 1)

    @cached_property
    def _origins(self) -> "range | _Origins":
        """Made only when something was found, which is rare."""
        if self.original.isascii() and len(self.text) == len(self.original):
            return range(len(self.text))
        return _Origins(self.original, len(self.text))


def fold_character(character: str) -> str:
    """Return what a single character looks like: nothing, one character, or several for a ligature."""
    if character in KEPT:
        return character
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if INVISIBLE.match(character):
        return ""
    looks = tables.confusables()
    if look := looks.get(character):
        return look
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    plain = "".join([looks.get(part, part) for part in INVISIBLE.sub("", plain)])
    to_simplified = tables.simplified()
    return "".join([to_simplified.get(part, part) for part in unicodedata.normalize("NFC", plain)])


class _Cache(dict[int, str]):
    """Translates by code; a million different characters are few enough to keep."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_character(chr(code))
        return folded


class _Origins:
    """The place in the original of each folded character; only those that are not folded to one are kept."""

    def __init__(self, original: str, size: int) -> None:
        self._size = size
        self._indexes = [0]
        self._places = [0]
        """Where these indexes come from; those behind them come one by one from behind there."""
        num_more = 0
        for run in _changeable().finditer(original):
            for place, character in enumerate(run[0], start=run.start()):
                length = len(_CACHE[ord(character)])
                if length != 1:
                    index = place + num_more
                    self._indexes += range(index, index + length + 1)
                    self._places += [place] * length + [place + 1]
                    num_more += length - 1

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int) -> int:
        if not 0 <= index < self._size:
            raise IndexError(index)
        known = bisect_right(self._indexes, index) - 1
        return self._places[known] + index - self._indexes[known]


_CACHE = _Cache()
_WITHOUT_CONTROLS = dict.fromkeys([*range(9), *range(0x0E, 0x20), 0x7F])


@cache
def _changeable() -> re.Pattern[str]:
    """Return what finds the characters that folding may change, in runs: ordinary text has few."""
    forms = "".join(one for one in tables.simplified() if one >= "\u3400")
    return re.compile(
        r"[A-Z\x00-\x08\x0e-\x1f\x7f-\u00b6\u00b8-\u200f\u2028-\u2fff\u3130-\u318f\u3200-\u33ff\ua000-\uabff"
        r"\ud7b0-\udfff\uf900-\uff00\uff02-\uff07\uff0a\uff0b\uff0d-\uff19\uff1c-\uff1e\uff20-\uffff"
        f"\U00010000-\U0001ffff\U0002f800-\U0002fa1f\U000e0000-\U000e0fff{forms}]+"
    )


def _is_simple(text: str) -> bool:
    """Tell whether a text is ASCII without control characters; to delete them is faster than to look for them."""
    return text.isascii() and len(text.translate(_WITHOUT_CONTROLS)) == len(text)


def _fold_all(text: str) -> str:
    return _changeable().sub(_fold_run, text)


def _fold_run(run: re.Match[str]) -> str:
    characters = run[0]
    return _CACHE[ord(characters)] if len(characters) == 1 else characters.translate(_CACHE)
