"""Finds the system prompt where the answer gives it away word for word."""

import unicodedata

from glmbot.safety.quality.fault import Fault

MIN_WORDS = 12
MIN_COLUMNS = 60
"""Width of the shared text, where a Chinese character takes two columns."""
MAX_WORDS = 4_000
"""Words of the system prompt that are looked for."""


class PromptLeak:
    """Follows how far the answer has the same words as the system prompt, whatever stands between them."""

    kind = Fault.PROMPT_LEAK

    def __init__(self, system: str) -> None:
        self.fault_at: int | None = None
        self.unsure_from: int | None = None
        self._words = _words_of(system)[:MAX_WORDS]
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self._words):
            self._places.setdefault(word, []).append(place)
        self._runs: dict[int, tuple[int, int]] = {}
        """For each place in the prompt that would go on: where the shared text begins, and how many words it has."""
        self._word = ""
        self._word_start = 0

    def feed(self, character: str, place: int, in_code: bool) -> None:
        """Take in the next character."""
        is_wide = _is_wide(character)
        if self._word and (is_wide or not character.isalnum()):
            self._end_word()
        if is_wide or character.isalnum():
            self._word_start = self._word_start if self._word else place
            self._word += character.casefold()
        if is_wide:
            self._end_word()
        self._note_unsure()

    def end(self) -> None:
        """The last word is complete."""
        if self._word:
            self._end_word()

    def _end_word(self) -> None:
        runs = {}
        for place in self._places.get(self._word, ()):
            start, num_words = self._runs.get(place, (self._word_start, 0))
            runs[place + 1] = start, num_words + 1
            if self._is_leak(place, num_words + 1):
                self.fault_at = start if self.fault_at is None else min(start, self.fault_at)
        self._runs = runs
        self._word = ""

    def _is_leak(self, last: int, num_words: int) -> bool:
        shared = self._words[last - num_words + 1 : last + 1]
        num_plain = sum(not _is_wide(word[0]) for word in shared)
        num_columns = sum(len(word) + 1 if not _is_wide(word[0]) else 2 for word in shared)
        return num_plain >= MIN_WORDS or num_columns >= MIN_COLUMNS

    def _note_unsure(self) -> None:
        starts = [start for start, _ in self._runs.values()]
        if self._word:
            starts.append(self._word_start)
        self.unsure_from = min(starts, default=None)


def _words_of(text: str) -> list[str]:
    words = [""]
    for character in text:
        if _is_wide(character):
            words += [character.casefold(), ""]
        elif character.isalnum():
            words[-1] += character.casefold()
        elif words[-1]:
            words.append("")
    return [word for word in words if word]


def _is_wide(character: str) -> bool:
    return not character.isascii() and character.isalnum() and unicodedata.east_asian_width(character) in "WF"
