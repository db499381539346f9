"""Tells where in a growing text a forbidden term may have begun."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from glmbot.safety import tables
from glmbot.safety.alphabet import goes_on_word, is_han, is_wide
from glmbot.safety.composed import Composer
from glmbot.safety.folding import Folded
from glmbot.safety.skeleton import MARKUP, TAGS, Skeleton, of_letters
from glmbot.safety.spellings import Spellings
from glmbot.safety.term import is_run_together
from glmbot.safety.verify import MAX_GAP

_OPEN_MARKUP = re.compile(r"(?:[*~|`]{1,3}|</?[a-z]?[^<>]{0,40}>?)*")
_OPEN_TAG = re.compile(r"</?[a-z]?[^<>]{0,40}\Z")
_SENTENCE_END = re.compile(r"[.。!！?？;；]\s")
_NOT_SPOKEN = "\x00"


class Prefixes:
    """The beginnings of all terms, in every view."""

    def __init__(self, spellings: Spellings, composer: Composer, num_alike: int) -> None:
        chinese = spellings.chinese if num_alike else ()
        self._joined = _Beginnings(words for _, words, _ in spellings.latin)
        self._spaced = _Beginnings(skeleton for _, _, skeleton in spellings.latin)
        self._loose = _Beginnings(skeleton for term, _, skeleton in spellings.latin if is_run_together(term))
        self._spoken = _Beginnings(pinyin for _, _, _, pinyin in spellings.spoken)
        self._alike = _Beginnings(spelling for term in chinese for spelling in term.alike(num_alike))
        self._composer = composer
        self._split = {parts[:end] for parts in composer.whole for end in range(1, len(parts))}

    def first(self, text: str) -> int | None:
        """Return the first place in the text from where on it may be the beginning of a term."""
        folded = Folded(text)
        places = list(self._places(folded.text))
        # A tag that is not closed yet is not read as letters.
        if tag := _OPEN_TAG.search(folded.text):
            places += self._places(folded.text[: tag.start()])
        return folded.origin(min(places)) if places else None

    def _places(self, text: str) -> Iterator[int]:
        yield from self._words(text)
        shown, origins = _without_tags(text)
        yield from self._chinese(text, shown, origins)
        if not shown.isascii():
            for composed, parts in self._composer.compose(shown, [(0, len(shown))]):
                yield from self._chinese(text, composed, [origins[part] for part in parts])

    def _words(self, text: str) -> Iterator[int]:
        """Yield where words of an alphabet may begin."""
        for with_symbols in (False, True):
            skeleton = of_letters(text, 0, len(text), with_symbols)
            joined = _with_gaps(skeleton)
            is_spaced = True
            for run in reversed(range(len(skeleton.codes))):
                gap = skeleton.gap(run)
                is_last = run + 1 == len(skeleton.codes)
                if (len(gap) > MAX_GAP and not MARKUP.fullmatch(gap)) or _SENTENCE_END.search(gap):
                    break
                is_spaced = is_spaced and (gap != "" or is_last)
                start = skeleton.starts[run]
                begins = not start or is_wide(text[start]) or not goes_on_word(text[start - 1])
                codes = skeleton.codes[run:]
                if begins and (
                    self._joined.has("".join(joined[run:]))
                    or self._loose.has(codes)
                    or (is_spaced and self._spaced.has(codes))
                ):
                    yield start

    def _chinese(self, whole: str, text: str, origins: Sequence[int]) -> Iterator[int]:
        """Yield where Chinese terms may begin; the last characters may be the first parts of one.

        `text` is what is read of `whole`, and its characters come from the places `origins` there.
        """
        cuts = [len(text) - size for size in range(3) if not size or text[-size:] in self._split]
        for end in cuts:
            spoken = letters = ""
            if end < len(text):
                yield origins[end]
            for place in reversed(range(end)):
                character = text[place]
                if not character.isalpha():
                    if _is_far(text, place):
                        break
                    continue
                letters = character + letters
                if character != letters[1:2] or not is_han(character):
                    spoken = _letters(character) + spoken
                if _NOT_SPOKEN in spoken:
                    break
                if _goes_on_latin(whole, origins[place]):
                    continue  # pinyin begins no sooner than its word does, see verify
                if self._spoken.has(spoken) or self._alike.has(letters):
                    yield origins[place]


def _goes_on_latin(text: str, place: int) -> bool:
    """Tell whether a Latin letter stands in a word, and not at its beginning."""
    pair = text[place - 1 : place + 1] if place else ""
    return pair.isascii() and pair.isalpha()


def _without_tags(text: str) -> tuple[str, Sequence[int]]:
    """Return the text without tags, and where each character, and the end, stands in it."""
    if "<" not in text:
        return text, range(len(text) + 1)
    kept = [True] * len(text)
    for tag in TAGS.finditer(text):
        kept[tag.start() : tag.end()] = [False] * (tag.end() - tag.start())
    origins = [place for place, is_kept in enumerate(kept) if is_kept]
    return "".join([text[place] for place in origins]), [*origins, len(text)]


class _Beginnings:
    """A set of strings that is asked for beginnings."""

    def __init__(self, strings: Iterable[str]) -> None:
        self._strings = sorted(set(strings))

    def has(self, beginning: str) -> bool:
        place = bisect_left(self._strings, beginning)
        return place < len(self._strings) and self._strings[place].startswith(beginning)


def _with_gaps(skeleton: Skeleton) -> list[str]:
    """Return each code, followed by a space where something stands behind it that is no markup."""
    return [
        code + ("" if _OPEN_MARKUP.fullmatch(skeleton.gap(run)) else " ") for run, code in enumerate(skeleton.codes)
    ]


def _letters(character: str) -> str:
    if is_han(character):
        return tables.readings().get(character, character)
    return character if character.isascii() else _NOT_SPOKEN


def _is_far(text: str, place: int) -> bool:
    """Tell whether so much stands between the letters that no term goes on."""
    gap = text[place : place + MAX_GAP + 1]
    return (len(gap) > MAX_GAP and not any(map(str.isalpha, gap))) or bool(_SENTENCE_END.match(gap))
