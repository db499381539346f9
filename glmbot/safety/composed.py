"""Chinese characters that are written as their parts, put together again."""

from collections.abc import Iterable, Iterator, Sequence

from glmbot.safety import tables

REACH = 16
"""How many characters before and behind such parts are read with them."""
LONGEST = 4


class Composer:
    """Puts together the characters that terms are made of."""

    def __init__(self, characters: Iterable[str]) -> None:
        ways = tables.splits()
        self.whole: dict[str, str] = {}
        """The character for each row of parts."""
        for one in sorted(characters):
            for parts in ways.get(one, ()):
                self.whole.setdefault(parts, one)

    def compose(self, text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[str, Sequence[int]]]:
        """Yield what is around the places with parts put together, and where each character, and the end, begins."""
        last: tuple[int, int] | None = None
        for start, end in sorted(places):
            begin, stop = max(0, start - REACH), min(len(text), end + REACH)
            if last and begin <= last[1]:
                last = last[0], max(stop, last[1])
            else:
                if last:
                    yield self._put_together(text, *last)
                last = begin, stop
        if last:
            yield self._put_together(text, *last)

    def _put_together(self, text: str, start: int, end: int) -> tuple[str, Sequence[int]]:
        characters: list[str] = []
        origins: list[int] = []
        while start < end:
            longest = min(LONGEST, end - start)
            size = next((size for size in range(longest, 1, -1) if text[start : start + size] in self.whole), 1)
            origins.append(start)
            characters.append(self.whole.get(text[start : start + size], text[start]))
            start += size
        return "".join(characters), [*origins, start]
