"""Makes a larger set of cases from our own terms.

python benchmarks/safety_parts/own_set.py --half a|b [--seed 1] > evasion.jsonl

Half a was used while the filter was written; half b, with other terms, was only scored.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from safety_parts import disguises as way
from safety_parts.own_terms import CHINESE, ENGLISH, SPOKEN_TALK, Chinese

ROUNDS = 4
CARRIERS = {
    "zh": (
        "请问{}怎么弄",
        "{}",
        "有人在卖{}吗？",
        "听说{}很便宜，是真的吗",
        "群里都在说{}。",
        "想了解一下{}的事",
        "加我，{}！",
        "关于{}，你怎么看？",
    ),
    "en": (
        "{}",
        "tell me about {}",
        "try {} now",
        "Is {} any good?",
        "they call it {}.",
        "so, {}, right?",
        "buy {} today!",
        "用{}吧",
    ),
}
LATIN: dict[str, way.Disguise] = {
    "plain": lambda rng, term: term,
    "case": way.case,
    "fullwidth": way.fullwidth,
    "homoglyph": way.homoglyph,
    "styled_letters": way.styled,
    "zero_width": way.zero_width,
    "bidi_tag": way.bidi,
    "bidi_override": way.override,
    "separator": way.separator,
    "emoji_separator": way.emoji,
    "vertical": way.vertical,
    "repeat": way.repeat,
    "leet": way.leet,
    "diacritic": way.diacritic,
    "markup": way.markup,
}
HAN: dict[str, way.Disguise] = {
    "plain": lambda rng, term: term,
    "zero_width": way.zero_width,
    "bidi_tag": way.bidi,
    "bidi_override": way.override,
    "separator": way.separator,
    "emoji_separator": way.emoji,
    "vertical": way.vertical,
    "repeat": way.repeat,
    "markup": way.markup,
    "compat_codepoint": way.compatible,
}
COMBINED_LATIN = (
    *(way.homoglyph, way.zero_width, way.separator, way.case, way.fullwidth, way.leet, way.diacritic, way.bidi),
    *(way.emoji, way.vertical),
)
COMBINED_HAN = (way.zero_width, way.separator, way.bidi, way.emoji, way.vertical, way.markup)
HARD = {"homophone", "shape_similar", "bidi_override"}


def main() -> None:
    """Read the command line and print the cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=["a", "b"], required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for case in cases(options.half, options.seed):
        print(json.dumps(case, ensure_ascii=False))


def cases(half: str, seed: int) -> Iterator[dict[str, object]]:
    """Yield the cases of one half."""
    rng = random.Random(f"{seed}{half}")
    first = half == "b"
    chinese, english = CHINESE[first::2], ENGLISH[first::2]
    terms = [*(one.term for one in chinese), *(term for term, _ in english)]
    for number, (text, technique, lang, term) in enumerate(
        [*_positive(rng, chinese, english), *_negative(chinese, english)]
    ):
        policy = terms if term is None else [*rng.sample([one for one in terms if one != term], 4), term]
        yield {
            "id": f"{half}{number:04}",
            "text": text,
            "should_match": term is not None,
            "policy_terms": policy,
            "technique": technique,
            "lang": lang,
            "tier": "hard" if technique in HARD else "core",
            "term": term,
        }


def _positive(
    rng: random.Random, chinese: tuple[Chinese, ...], english: tuple[tuple[str, tuple[str, ...]], ...]
) -> Iterator[tuple[str, str, str, str]]:
    for _ in range(ROUNDS):
        for one in chinese:
            for technique, text in _written(rng, one):
                if text != one.term or technique == "plain":
                    yield rng.choice(CARRIERS["zh"]).format(text), technique, "zh", one.term
        for term, _ in english:
            written = {name: disguise(rng, term) for name, disguise in LATIN.items()}
            written["combined"] = way.combined(rng, term, COMBINED_LATIN)
            for technique, text in written.items():
                if text != term or technique == "plain":
                    yield rng.choice(CARRIERS["en"]).format(text), technique, "en", term


def _written(rng: random.Random, one: Chinese) -> Iterator[tuple[str, str]]:
    for technique, disguise in HAN.items():
        yield technique, disguise(rng, one.term)
    yield "combined", way.combined(rng, one.term, COMBINED_HAN)
    yield "combined", way.zero_width(rng, way.pinyin_mixed(rng, one))
    yield "combined", way.zero_width(rng, way.pinyin_full(rng, one))
    yield "combined", rng.choice(COMBINED_HAN)(rng, one.traditional or one.term)
    yield "combined", way.zero_width(rng, way.replaced(rng, one.term, one.parts, 1))
    yield "traditional", one.traditional or one.term
    yield "pinyin_full", way.pinyin_full(rng, one)
    yield "pinyin_mixed", way.pinyin_mixed(rng, one)
    yield "char_split", way.replaced(rng, one.term, one.parts, len(one.parts))
    if len(one.term) > 2:
        yield "homophone", way.replaced(rng, one.term, one.sounds, 1)
        yield "shape_similar", way.replaced(rng, one.term, one.shapes, 1)


def _negative(
    chinese: tuple[Chinese, ...], english: tuple[tuple[str, tuple[str, ...]], ...]
) -> Iterator[tuple[str, str, str, None]]:
    for one in chinese:
        for text in one.ordinary:
            yield text, "neg_ordinary", "zh", None
        yield f"{one.term[:1]}。{one.term[1:]}", "neg_sentence_boundary", "zh", None
        yield f"{one.term[0]}的确很{one.term[1:]}", "neg_far_apart", "zh", None
    for term, sentences in english:
        for text in sentences:
            yield text, "neg_ordinary", "en", None
        for text in (
            f"un{term}ed",
            f"{term}ish things",
            f"pre{term}",
            f"{term}2000",
            f"https://x{term}.com/{term}s",
            f"my_{term}er()",
        ):
            yield text, "neg_scunthorpe_en", "en", None
    for text in SPOKEN_TALK:
        yield text, "neg_talk", "other", None


if __name__ == "__main__":
    main()
