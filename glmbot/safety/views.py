"""What is looked for in each view of a text."""

import re
from collections.abc import Iterable, Iterator
from itertools import permutations
from string import ascii_lowercase

from glmbot.safety.automaton import Kind
from glmbot.safety.pinyin import short_sounds, sounds, syllables_of
from glmbot.safety.spellings import Spellings
from glmbot.safety.term import Term

MAX_ALIKE = 100_000
"""The most spellings with a look-alike: of a long list only the characters that look most like a term's are known."""
Spelled = Iterator[tuple[int, str, Term]]
"""Kind, spelling and term; what is no term's own has any of them."""

# Numbers, since sums of flags are slow.
_PLAIN, _SKELETON, _SOUND, _ALIKE, _PINYIN, _REPEAT, _COARSE, _PARTS = (kind.value for kind in Kind)


def num_alike(terms: Iterable[Term]) -> int:
    """Return how many look-alikes of each character of Chinese terms are known."""
    return MAX_ALIKE // max(1, sum(len(term.letters) for term in terms if len(term.letters) > 2))


def plain(spellings: Spellings, num_alike: int, parts: Iterable[str]) -> Spelled:
    """Yield what is looked for in the text as it is written."""
    for term, _, _ in spellings.latin:
        yield _PLAIN, term.words, term
    for term, sound, _, _ in spellings.spoken:
        begin = syllables_of(sound[:3])
        joined = "".join(begin)
        if joined.isascii():
            yield _PINYIN, " " + joined, term
            yield _PINYIN, " " + " ".join(begin), term
    for term in spellings.chinese:
        if len(term.letters) == 2:
            yield _PLAIN, term.letters, term
        elif num_alike:
            yield from ((_ALIKE, alike, term) for alike in term.alike(num_alike))
    for any_term in spellings.terms[:1]:
        yield from ((_REPEAT, pattern, any_term) for pattern in _repeated())
        yield from ((_PARTS, pattern, any_term) for pattern in parts)


def letters(spellings: Spellings) -> Spelled:
    """Yield what is looked for among the letters alone."""
    for term, _, skeleton in spellings.latin:
        yield _SKELETON, skeleton, term
        if term.breaks and (coarse := re.sub(r"(.)\1+", r"\1", skeleton)) != skeleton:
            yield _COARSE, coarse, term


def spoken(spellings: Spellings) -> Spelled:
    """Yield what is looked for among the sounds."""
    short_table = short_sounds()
    for term, sound, short, _ in spellings.spoken:
        yield _SOUND, sound if len(term.letters) > 2 else sound.translate(short_table), term
        if len(short) < len(sound):
            yield _SOUND, short, term
    for any_term in spellings.terms[:1]:
        yield from ((_REPEAT, sound * 2, any_term) for sound in sounds().values())


def _repeated() -> Iterator[str]:
    """Yield three equal letters, and two and two."""
    yield from (one * 3 for one in ascii_lowercase)
    yield from (one * 2 + other * 2 for one, other in permutations(ascii_lowercase, 2))
