"""Tells whether a hit is a match: where words and sentences end, and whether a disguise is one."""

import re
from collections.abc import Sequence

from glmbot.safety.alphabet import CLAUSE_ENDS, SENTENCE_ENDS, goes_on_word, is_han
from glmbot.safety.folding import Folded
from glmbot.safety.pinyin import LONGEST
from glmbot.safety.segment import PARTICLES, Words
from glmbot.safety.skeleton import MARKUP, Skeleton
from glmbot.safety.term import Term

MAX_GAP = 6
"""The most separators between two letters that are still read as one term."""
MIN_SPACED_LETTERS = 4
"""A shorter word of an alphabet is not looked for with spaces between its letters: `a b c` is no word."""
MIN_PHRASE = 4
"""Characters of a Chinese phrase that is found with signs anywhere in it; a space stands between two phrases."""
NEIGHBOURHOOD = 24
"""So far around a word one looks whether it is of a foreign alphabet."""
_MARKUP_BEFORE = re.compile(r"(?:\*\*|~~|\|\||`)\Z")
_FOREIGN = re.compile("[\u0370-\u058f\u10a0-\u10ff\u13a0-\u13ff\u2c80-\u2cff]")
_ENDED = re.compile(r"[。！？!?;；、，：]|[.,:]\s")
"""Where a clause ends: full stop, comma and colon of an alphabet end one only with a space behind them."""
_NOT_LATIN = re.compile("[^a-z]+")
_LATIN = re.compile("[A-Za-z]")


def is_plain_match(term: Term, folded: Folded, start: int, end: int) -> bool:
    """Judge a term that stands in the text as it is written, but for its separators."""
    text = folded.text
    if term.is_han:
        return not Words(text, start, end).are_cut_through
    if not (_begins(text, start) and _ends(text, end)) or _is_foreign(folded, start, end):
        return False
    if not term.breaks or not CLAUSE_ENDS & (set(text[start:end]) - set(term.text)):
        return True
    return term.is_long and not _ENDED.search(text, start, end)


def is_like(term: Term, text: str, start: int, end: int) -> bool:
    """Judge Chinese text that sounds or looks like the term: at most half is replaced, and not by ordinary words."""
    others = [start + place for place, letter in enumerate(term.letters) if text[start + place] != letter]
    words = Words(text, start, end)
    if words.are_cut_through or 2 * len(others) > len(term.letters):
        return False
    return not others or any(text[place] not in PARTICLES and not words.are_long_at(place) for place in others)


def _begins(text: str, start: int) -> bool:
    """Tell whether no word goes on into `start`; markup before it is not seen."""
    if start and goes_on_word(text[start]):
        marked = _MARKUP_BEFORE.search(text, max(0, start - 2), start)
        before = text[marked.start() - 1 : marked.start()] if marked else text[start - 1]
        return not before or not goes_on_word(before)
    return True


def _ends(text: str, end: int) -> bool:
    """Tell whether no word goes on behind `end`; markup behind it is not seen."""
    if not goes_on_word(text[end - 1]):
        return True
    following = MARKUP.match(text, end)
    place = following.end() if following else end
    return place == len(text) or not goes_on_word(text[place])


def _is_foreign(folded: Folded, start: int, end: int) -> bool:
    """Tell whether a word that looks Latin is of another alphabet, as the words around it are."""
    if folded.original.isascii():
        return False
    first, last = folded.span(start, end)
    word = folded.original[first:last]
    if _LATIN.search(word) or not _FOREIGN.search(word):
        return False
    around = folded.original[max(0, first - NEIGHBOURHOOD) : first] + folded.original[last : last + NEIGHBOURHOOD]
    return bool(_FOREIGN.search(around))


def begins_pinyin(term: Term, text: str, start: int) -> bool:
    """Tell whether the Latin letters from here on are all of the term's pinyin."""
    letters = _NOT_LATIN.sub("", text[start : start + 2 * LONGEST * len(term.letters)])
    return any(map(letters.startswith, term.pinyin))


def is_disguised_match(term: Term, skeleton: Skeleton, first: int, folded: Folded) -> bool:
    """Judge letters with separators, signs for letters, or repeats; `first` is the run where the hit begins."""
    last = first + len(term.runs)
    start, end = skeleton.starts[first], skeleton.ends[last - 1]
    if not _has_its_letters(term, skeleton, first, folded) or _is_foreign(folded, start, end):
        return False
    gaps = [skeleton.gap(index) for index in range(first, last - 1)]
    breaks = {index - 1 for index, (begin, _) in enumerate(term.runs) if begin in term.breaks}
    inner = [gap for index, gap in enumerate(gaps) if index not in breaks]
    if all(map(_is_unseen, inner)):
        joints = [gaps[index] for index in breaks]
        if all(map(_is_break, joints)) and _begins(skeleton.text, start) and _ends(skeleton.text, end):
            return True
    if term.is_long and all(map(_is_loose, gaps)) and _begins(skeleton.text, start) and _ends(skeleton.text, end):
        return True
    return _is_spaced(inner, term) and (term.is_wide or _stands_alone(skeleton, first, last, inner))


def _is_unseen(gap: str) -> bool:
    """Tell whether a gap is empty or markup, which is not seen in the middle of a word."""
    return MARKUP.fullmatch(gap) is not None


def _is_loose(gap: str) -> bool:
    """Tell whether a gap may stand anywhere in a long term, in a word or between two: no clause ends there."""
    return len(gap) <= MAX_GAP and not _ENDED.search(gap)


def _is_break(gap: str) -> bool:
    return 0 < len(gap) <= MAX_GAP and not CLAUSE_ENDS & set(gap)


def _is_spaced(gaps: Sequence[str], term: Term) -> bool:
    """Tell whether separators stand between all letters: the same ones, or any that end no sentence."""
    if not all(0 < len(gap) <= MAX_GAP for gap in gaps):
        return False
    has_spaces = any(map(str.isspace, gaps))
    if not term.is_wide and len(term.letters) < MIN_SPACED_LETTERS - (not has_spaces):
        return False
    is_same = len({frozenset(gap) for gap in gaps}) == 1
    if is_same and len(term.letters) > 2:
        return True
    signs = set("".join(gaps))
    if SENTENCE_ENDS & signs:
        return False
    return not CLAUSE_ENDS & signs or (len(term.letters) > 3 and all(len(gap) == 1 for gap in gaps) and not has_spaces)


def _stands_alone(skeleton: Skeleton, first: int, last: int, gaps: Sequence[str]) -> bool:
    """Tell whether a word written letter by letter begins and ends here."""
    gap = set(gaps[0]) if gaps else set()
    start, end = skeleton.starts[first], skeleton.ends[last - 1]
    if any(map(goes_on_word, skeleton.text[max(0, start - 1) : start] + skeleton.text[end : end + 1])):
        return False
    if _is_lone(skeleton, first - 1) and set(skeleton.gap(first - 1)) == gap:
        return skeleton.text[skeleton.starts[first - 1]] in "ai"
    return not (_is_lone(skeleton, last) and set(skeleton.gap(last - 1)) == gap)


def _is_lone(skeleton: Skeleton, run: int) -> bool:
    """Tell whether the run is a single letter of an alphabet between separators."""
    if not 0 <= run < len(skeleton.starts):
        return False
    text, start, end = skeleton.text, skeleton.starts[run], skeleton.ends[run]
    is_single = end - start == 1 and goes_on_word(text[start])
    return is_single and not (start and goes_on_word(text[start - 1])) and not goes_on_word(text[end : end + 1] or " ")


def _has_its_letters(term: Term, skeleton: Skeleton, first: int, folded: Folded) -> bool:
    """Tell whether the runs are the term's letters: as many or more, and where other signs stand for them, few."""
    shown: list[str] = []
    num_extra = 0
    for number, (begin, stop) in enumerate(term.runs):
        places = skeleton.places[first + number]
        letters = [_letter(folded, place, term.letters[begin:stop]) for place in places]
        num_extra += len(places) - (stop - begin)
        if not _fits(letters, term.letters[begin:stop]):
            return False
        shown += letters[: stop - begin]
    return _has_enough_letters(shown) and (not num_extra or num_extra > 1 or term.is_wide)


def _letter(folded: Folded, place: int, wanted: str) -> str:
    """Return the character, or the letter that it was meant to be where its case gives it away."""
    character = folded.text[place]
    return wanted[0] if character.isalpha() and character not in wanted and _is_odd_case(folded, place) else character


def _fits(shown: Sequence[str], letters: str) -> bool:
    """Tell whether the characters are the letters, each once or more; signs stand for any of them."""
    place = 0
    for index, character in enumerate(shown):
        must_go_on = len(letters) - place - 1 >= len(shown) - index
        if index and place + 1 < len(letters) and (must_go_on or character not in (letters[place], *_signs(character))):
            place += 1
        if character.isalpha() and character != letters[place]:
            return False
    return place + 1 == len(letters)


def _signs(character: str) -> str:
    return "" if character.isalpha() else character


def _has_enough_letters(shown: Sequence[str]) -> bool:
    """Tell whether it still reads as a word: of few letters at most half are replaced, and numbers are no words."""
    signs = [one for one in shown if not one.isalpha()]
    num_letters = len(shown) - len(signs)
    if len(shown) < 5:
        return 2 * len(signs) <= len(shown)
    return num_letters > 1 or (num_letters > 0 and not all(map(str.isdigit, signs))) or not signs


def _is_odd_case(folded: Folded, place: int) -> bool:
    """Tell whether `I` stands among small letters, or `l` among capitals: each is read as the other."""
    origin = folded.origin(place)
    around = folded.original[max(0, origin - 2) : origin] + folded.original[origin + 1 : origin + 3]
    character = folded.original[origin]
    return (character == "I" and around.islower()) or (character == "l" and around.isupper())


def is_read_match(term: Term, skeleton: Skeleton, first: int, runs: Sequence[tuple[int, int]]) -> bool:
    """Judge a hit among sounds: Chinese with separators or repeats, pinyin, or a mixture of both."""
    last = first + len(runs)
    text = skeleton.text
    if any(len(places) < stop - begin for places, (begin, stop) in zip(skeleton.places[first:last], runs, strict=True)):
        return False
    kinds = [_source(term, text, skeleton.starts[first + number], begin) for number, (begin, _) in enumerate(runs)]
    gaps = [skeleton.gap(index) for index in range(first, last - 1)]
    num_others = kinds.count("other")
    if "spoken" in kinds:
        return num_others <= 1 and _is_pinyin(skeleton, first, last, gaps, kinds)
    if num_others > (1 if len(term.letters) > 2 else 0):
        return False
    if all(map(_is_unseen, gaps)):
        start, end = skeleton.starts[first], skeleton.ends[last - 1]
        if end - start > len(term.letters) and not Words(text, start, end).are_cut_through:
            return True
    is_phrase = len(term.letters) >= MIN_PHRASE and not num_others
    if is_phrase and all(_is_loose(gap) and " " not in gap for gap in gaps):
        start, end = skeleton.starts[first], skeleton.ends[last - 1]
        if not Words(text, start, end).are_cut_through:
            return True
    return _is_spaced(gaps, term) and not (len(term.letters) == 2 and _runs_on(skeleton, first, last, gaps))


def _source(term: Term, text: str, place: int, index: int) -> str:
    if not is_han(text[place]):
        return "spoken"
    return "same" if text[place] == term.letters[index] else "other"


def _runs_on(skeleton: Skeleton, first: int, last: int, gaps: Sequence[str]) -> bool:
    """Tell whether a space is one between two phrases: `天气好 人很多`."""
    start, end = skeleton.starts[first], skeleton.ends[last - 1]
    beside = skeleton.text[max(0, start - 1) : start] + skeleton.text[end : end + 1]
    return set("".join(gaps)) == {" "} and any(map(is_han, beside))


def _is_pinyin(skeleton: Skeleton, first: int, last: int, gaps: Sequence[str], kinds: Sequence[str]) -> bool:
    text, start, end = skeleton.text, skeleton.starts[first], skeleton.ends[last - 1]
    is_cut = start and text[start - 1].isascii() and text[start - 1].isalpha() and text[start].isascii()
    is_cut = is_cut or (end < len(text) and text[end - 1].isascii() and text[end].isascii() and text[end].isalpha())
    is_same = len({frozenset(gap) for gap in gaps}) == 1
    if is_cut or not all(len(gap) <= MAX_GAP for gap in gaps):
        return False
    if not is_same and any(CLAUSE_ENDS & set(gap) for gap in gaps):
        return False
    if len(kinds) > 2 or "same" in kinds:
        return True
    rest = text[max(0, start - NEIGHBOURHOOD) : start] + text[end : end + NEIGHBOURHOOD]
    return not any(one.isascii() and one.isalpha() for one in rest) or any(map(is_han, rest))
