"""Where the words of Chinese text begin and end."""

import re

import rjieba

from glmbot.safety.alphabet import HAN

WINDOW = 8
"""So many characters around a hit decide how its words are cut."""
_HAN_BEFORE = re.compile(f"[{HAN}]*\\Z")
_HAN_BEHIND = re.compile(f"[{HAN}]*")
PARTICLES = frozenset(
    "的地得一是在不了有和与及或而之其这那我你他她它们个上中下里外为以于从到把被让对就也都还又很最太没会能要可想说看去来做用给过着吗呢吧啊么呀啦时后前"
)
"""Characters that stand between words everywhere, so that one with the sound of another says nothing."""


class Words:
    """The words around a piece of Chinese text."""

    def __init__(self, text: str, start: int, end: int) -> None:
        before = _HAN_BEFORE.search(text, max(0, start - WINDOW), start)
        behind = _HAN_BEHIND.match(text, end, end + WINDOW)
        begin = before.start() if before else start
        stop = behind.end() if behind else end
        self.words: list[tuple[int, int]] = []
        self._text = text
        self._start, self._end = start, end
        place = begin
        for word in rjieba.cut(text[begin:stop], False):
            self.words.append((place, place + len(word)))
            place += len(word)

    @property
    def are_cut_through(self) -> bool:
        """Tell whether the piece is made of the ends of ordinary words: `发票代办` in `开发票|代|办公室`."""
        first = next((word for word in self.words if word[0] < self._start < word[1]), None)
        last = next((word for word in self.words if word[0] < self._end < word[1]), None)
        if first and last:
            return first != last
        if first:
            return not self._is_word(self._start, first[1])
        return last is not None and not self._is_word(last[0], self._end)

    def are_long_at(self, place: int) -> bool:
        """Tell whether the character is part of an ordinary word of two or more."""
        return any(start <= place < end and end - start > 1 for start, end in self.words)

    def _is_word(self, start: int, end: int) -> bool:
        """Tell whether the rest of a longer word is a word itself: `工具` in `工具包`."""
        return end - start > 1 and rjieba.has_word(self._text[start:end])
