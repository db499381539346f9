"""Chinese characters that are written as their parts, put together again."""

from collections.abc import Iterable, Sequence

from ahocorasick_rs import MATCHKIND_LEFTMOST_LONGEST, AhoCorasick

from glmbot.safety import tables

REACH = 16


class Composer:
    """Puts together the characters that terms are made of."""

    def __init__(self, characters: Iterable[str]) -> None:
        ways = tables.splits()
        self.whole: dict[str, str] = {}
        """The character for each row of parts."""
        for one in sorted(characters):
            for parts in ways.get(one, ()):
                self.whole.setdefault(parts, one)
        self.beginnings = {parts[:end] for parts in self.whole for end in range(1, len(parts))}
        self._parts = list(self.whole)
        self._search = AhoCorasick(self._parts, matchkind=MATCHKIND_LEFTMOST_LONGEST) if self._parts else None

    def compose(self, text: str) -> list[tuple[str, Sequence[int]]]:
        """Return the places with parts put together, and for each character and the end where it begins in the text."""
        if self._search is None or text.isascii():
            return []
        found = [(start, end, self._parts[number]) for number, start, end in self._search.find_matches_as_indexes(text)]
        composed: list[tuple[str, Sequence[int]]] = []
        place = 0
        while place < len(found):
            group = [found[place]]
            while place + len(group) < len(found) and found[place + len(group)][0] - group[-1][1] <= REACH:
                group.append(found[place + len(group)])
            place += len(group)
            composed.append(self._put_together(text, group))
        return composed

    def _put_together(self, text: str, group: Sequence[tuple[int, int, str]]) -> tuple[str, Sequence[int]]:
        at = max(0, group[0][0] - REACH)
        end = min(len(text), group[-1][1] + REACH)
        pieces: list[str] = []
        origins: list[int] = []
        for start, stop, parts in group:
            pieces += [text[at:start], self.whole[parts]]
            origins += [*range(at, start), start]
            at = stop
        return "".join(pieces) + text[at:end], [*origins, *range(at, end), end]
