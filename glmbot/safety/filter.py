"""Finds forbidden terms in a text, also where they are disguised."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import add

from glmbot.safety import verify, views
from glmbot.safety.alphabet import HAN
from glmbot.safety.automaton import Automaton, Hit, Hits, Kind
from glmbot.safety.collection import without_collection
from glmbot.safety.composed import Composer
from glmbot.safety.folding import Folded
from glmbot.safety.pinyin import short_sounds, sound_table
from glmbot.safety.prefixes import Prefixes
from glmbot.safety.regions import Place, View, Wanted, is_dense, regions
from glmbot.safety.reorder import seen
from glmbot.safety.segment import Words
from glmbot.safety.skeleton import (
    EDGE,
    SYMBOLS,
    PieceWords,
    Skeleton,
    coarse_letters,
    coarse_sounds,
    of_letters,
    of_sounds,
    without_repeats,
)
from glmbot.safety.spellings import Spellings
from glmbot.safety.term import Term, is_run_together, prepare_all

_FIRST_WORD = 16
BESIDE = 16
"""How many characters beside a term tell whether it is one."""
_CHINESE = re.compile(f"[{HAN}][^a-z]*")
"""Chinese text up to a Latin letter."""
_JOINTS = "\u3000\t\n\r-_'’./·,:;!?\"()"
"""Separators between words, as good as a space; whether a sentence ends there is looked at later."""
_JOINT_TABLE = dict.fromkeys(map(ord, _JOINTS), " ")
_PLAIN, _ALIKE, _REPEATED = Kind.PLAIN.value, Kind.ALIKE.value, Kind.REPEATED.value
_PINYIN, _SOUND, _PARTS = Kind.PINYIN.value, Kind.SOUND.value, Kind.PARTS.value
Span = tuple[int, int, Term]
"""Where a term stands in a folded text."""


@dataclass(frozen=True, slots=True)
class Match:
    """A forbidden term and where it stands: `start` and `end` are places in the original text."""

    start: int
    end: int
    term: str


class WordFilter:
    """Looks for forbidden terms.

    Words of an alphabet are found as whole words, Chinese terms anywhere but across the ends of ordinary words.
    The text is read in several views, each with one pass of its automaton; a hit counts when `verify` says so.
    """

    def __init__(self, terms: Iterable[str], is_strict: bool = True) -> None:
        """Raise ConfigError for a term that cannot be compared.

        A strict filter also finds Chinese with characters replaced by others that sound or look the same.
        """
        self.is_strict = is_strict
        with without_collection():
            prepared = prepare_all(list(dict.fromkeys(terms)))
            together = [replace(term, breaks=frozenset()) for term in prepared if is_run_together(term)]
            self.terms = [*prepared, *together]
            spellings = Spellings(self.terms)
            chinese = spellings.chinese
            joined = EDGE.join([term.letters for term in chinese])
            self.composer = Composer(set(joined) - {EDGE})
            num_alike = views.num_alike(chinese) if is_strict else 0
            self._plain_spellings = Automaton(views.plain(spellings, num_alike, self.composer.whole))
            self._letter_spellings = Automaton(views.letters(spellings))
            self._sound_spellings = Automaton(views.spoken(spellings))
            self.prefixes = Prefixes(spellings, self.composer, num_alike)
            """The beginnings of the terms, for streams."""
            self._pairs = set(map(add, joined, joined[1:]))
        self._wanted = Wanted(
            has_breaks=any(term.breaks for term in self.terms),
            has_chinese=bool(chinese),
            has_short=any(len(term.letters) == 2 for term in chinese),
            reach=max((len(term.letters) + len(term.breaks) for term in self.terms), default=0) + BESIDE,
            reach_chinese=max((len(term.letters) for term in chinese), default=0),
        )

    def first_match(self, text: str) -> Match | None:
        """Return the first forbidden term; of several at one place the longest."""
        return min(self.matches(text), key=lambda match: (match.start, -match.end), default=None)

    def matches(self, text: str) -> Iterator[Match]:
        """Yield all that is found, in no order; one place may be found in several views."""
        if not self.terms:
            return
        folded = Folded(text)
        for start, end, term in self._spans(folded):
            yield Match(*folded.span(start, end), term.text)
        for shown, places in seen(text):
            folded = Folded(shown)
            for start, end, term in self._spans(folded):
                first, last = folded.span(start, end)
                yield Match(min(places[first:last]), max(places[first:last]) + 1, term.text)

    def _spans(self, folded: Folded) -> Iterator[Span]:
        places: list[Place] = []
        split: list[tuple[int, int]] = []
        yield from self._plain(folded, places, split)
        yield from self._composed(folded.text, split)
        if self._wanted.has_chinese and not folded.text.isascii():
            yield from self._replaced(folded.text, places)
        parts = regions(folded.text, places, self._wanted)
        for start, end in self._with_letters(folded.text, parts):
            yield from self._disguised(folded, start, end)
        for start, end in self._with_sounds(folded.text, parts) if self._wanted.has_chinese else ():
            for skeleton in of_sounds(folded.text, start, end):
                yield from self._read(skeleton)

    def _plain(self, folded: Folded, places: list[Place], split: list[tuple[int, int]]) -> Iterator[Span]:
        """Yield the terms that stand there as they are written, or nearly; note where to look closely."""
        text = folded.text
        hits = self._without_dense(self._plain_spellings, _with_spaces(text), text, places)
        for kind, term, start, end in self._plain_spellings.owners(hits):
            if kind & _PLAIN and verify.is_plain_match(term, folded, start, end):
                yield start, end, term
            if kind & _ALIKE and verify.is_like(term, text, start, end):
                yield start, end, term
            if kind & _PARTS:
                split.append((start, end))
            if kind & _REPEATED:
                places.append((start, end, View.LETTERS | View.WORD))
            if kind & _PINYIN and verify.begins_pinyin(term, text, start + 1):
                places.append((start, end, View.SOUNDS))
        # No space stands before the first word.
        for _, term, start, end in self._plain_spellings.find(" " + _with_spaces(text[:_FIRST_WORD]), _PINYIN):
            if start == 0 and verify.begins_pinyin(term, text, 0):
                places.append((start, end, View.SOUNDS))

    @staticmethod
    def _without_dense(spellings: Automaton, view: str, text: str, places: list[Place]) -> Hits:
        """Return the hits; where they stand everywhere, those that only tell where to look give way to all the text."""
        hits = spellings.hits(view)
        if not is_dense(len(hits), text):
            return hits
        places.append((0, len(text), View.LETTERS | View.SOUNDS))
        return spellings.without_hints(hits)

    def _with_letters(self, text: str, parts: Sequence[Place]) -> Iterator[tuple[int, int]]:
        """Yield the parts that hold a term when separators and repeats are left out: all are read in one pass."""
        wanted = [(start, end) for start, end, views in parts if views & View.LETTERS]
        pieces = [text[start:end] for start, end in wanted]
        words: dict[int, PieceWords] = {}
        found: set[int] = set()
        for numbers, joined in coarse_letters(pieces):
            for number, term in _owners_of_pieces(numbers, joined, self._letter_spellings.find(joined)):
                if number in found:
                    continue
                if number not in words:
                    words[number] = PieceWords(pieces[number])
                if term.is_long or words[number].may_hold(without_repeats(term.words)):
                    found.add(number)
        yield from (wanted[number] for number in sorted(found))

    def _with_sounds(self, text: str, parts: Sequence[Place]) -> Iterator[tuple[int, int]]:
        """Yield the parts that hold a term's sounds when separators and repeats are left out."""
        wanted = [(start, end) for start, end, views in parts if views & View.SOUNDS]
        found: set[int] = set()
        for numbers, joined in coarse_sounds([text[start:end] for start, end in wanted]):
            found.update(number for number, _ in _owners_of_pieces(numbers, joined, self._sound_hits(joined)))
        yield from (wanted[number] for number in sorted(found))

    def _replaced(self, text: str, places: list[Place]) -> Iterator[Span]:
        """Yield Chinese terms, also where characters are replaced by those that sound the same; note repeats."""
        runs = [(run[0], run.start()) for run in _CHINESE.finditer(text)]
        starts = list(accumulate((len(run) + 1 for run, _ in runs), initial=0))
        joined = "\n".join([run for run, _ in runs])
        hits = self._without_dense(self._sound_spellings, joined.translate(sound_table()), text, places)
        # Two equal sounds are mostly of different characters. No term is so short here: those of two are in `_plain`.
        hits = [hit for hit in hits if hit[2] - hit[1] != 2 or joined[hit[1]] == joined[hit[1] + 1]]
        for kind, term, first, last in self._sound_spellings.owners(hits):
            number = bisect_right(starts, first) - 1
            start = first - starts[number] + runs[number][1]
            end = start + last - first
            if kind & _REPEATED and self._may_be_repeat(text, start):
                places.append((start, end, View.SOUNDS | View.REPEATS))
            elif kind & _SOUND and end - start == len(term.letters):
                is_same = text[start:end] == term.letters
                if (is_same or self.is_strict) and verify.is_like(term, text, start, end):
                    yield start, end, term

    def _may_be_repeat(self, text: str, start: int) -> bool:
        """Tell whether a doubled character stands beside one that it stands beside in a term."""
        one = text[start]
        return one == text[start + 1] and (
            text[start - 1 : start] + one in self._pairs or one + text[start + 2 : start + 3] in self._pairs
        )

    def _composed(self, text: str, split: list[tuple[int, int]]) -> Iterator[Span]:
        """Yield terms with characters written as their parts."""
        for composed, origins in self.composer.compose(text, split):
            for _, term, first, last in self._sound_hits(composed.translate(sound_table())):
                start, end = origins[first], origins[last]
                is_split = composed[first:last] == term.letters and end - start > last - first
                if is_split and not Words(composed, first, last).are_cut_through:
                    yield start, end, term

    def _disguised(self, folded: Folded, start: int, end: int) -> Iterator[Span]:
        """Yield terms of an alphabet with separators, repeats, or signs in place of letters."""
        has_symbols = SYMBOLS.search(folded.text, start, end)
        for with_symbols in (False, True) if has_symbols else (False,):
            skeleton = of_letters(folded.text, start, end, with_symbols)
            for _, term, first, last in self._letter_spellings.find(skeleton.codes, Kind.SKELETON.value):
                if verify.is_disguised_match(term, skeleton, first, folded):
                    yield skeleton.starts[first], skeleton.ends[last - 1], term

    def _read(self, skeleton: Skeleton) -> Iterator[Span]:
        """Yield Chinese terms with separators, repeats or pinyin."""
        for _, term, first, last in self._sound_hits(skeleton.codes):
            single = [(place, place + 1) for place in range(len(term.letters))]
            for runs in (single, term.runs) if len(term.runs) < len(single) else (single,):
                if len(runs) == last - first and verify.is_read_match(term, skeleton, first, runs):
                    yield skeleton.starts[first], skeleton.ends[last - 1], term

    def _sound_hits(self, sounds: str) -> Iterator[Hit]:
        yield from self._sound_spellings.find(sounds, _SOUND)
        if self._wanted.has_short:
            yield from self._sound_spellings.find(sounds.translate(short_sounds()), _SOUND)


def _owners_of_pieces(numbers: Sequence[int], joined: str, hits: Iterable[Hit]) -> Iterator[tuple[int, Term]]:
    """Yield the number of the piece that each hit is in, and the term; `joined` are the pieces with an EDGE between."""
    ends = list(accumulate(len(piece) + 1 for piece in joined.split(EDGE)))
    for _, term, start, _ in hits:
        yield numbers[bisect_right(ends, start)], term


def _with_spaces(text: str) -> str:
    """Return the text with a space for each separator, none longer or shorter."""
    if text.isascii():
        return text.translate(_JOINT_TABLE)
    for joint in _JOINTS:
        text = text.replace(joint, " ")
    return text
