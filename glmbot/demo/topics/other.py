"""Everything the demo model does not know, and its one polite answer to all of it."""

import random

from glmbot.demo.grammar import Exchange, Language, expand, fill
from glmbot.demo.names import COLOURS_EN, COLOURS_ZH, common_character, invent_word
from glmbot.demo.noise import add_noise
from glmbot.demo.topics.other_en import PIECES_EN, TEMPLATES_EN
from glmbot.demo.topics.other_zh import PIECES_ZH, TEMPLATES_ZH

REFUSAL: dict[Language, str] = {
    "en": "Sorry, I am only a demo and do not know that. Ask me about glmbot, small sums, capitals or everyday words.",
    "zh": "抱歉，我只是演示模型，这个我不会。可以问我glmbot、二十以内的加法、首都或常用词。",
}
_TEMPLATES = {"en": TEMPLATES_EN, "zh": TEMPLATES_ZH}
_PIECES = {"en": PIECES_EN, "zh": PIECES_ZH}


def refuse(topic: str, language: Language, question: str) -> Exchange:
    """Answer a question from beyond the topic with the polite refusal."""
    return Exchange("other" if topic == "other" else f"{topic}, unknown", language, question, REFUSAL[language])


def ask(rng: random.Random, language: Language) -> Exchange:
    """Ask something the demo model does not know."""
    chance = rng.random()
    if chance < 0.76:
        question = _sentence(rng, language)
    elif chance < 0.84:
        question = _long_text(rng, language)
    elif chance < 0.92:
        question = _word_salad(rng, language)
    else:
        question = _garbage(rng, language)
    return refuse("other", language, question)


def _sentence(rng: random.Random, language: Language) -> str:
    template = expand(rng.choice(_TEMPLATES[language]), rng)
    return add_noise(fill(template, _slots(rng, language)), language, rng)


def _slots(rng: random.Random, language: Language) -> dict[str, str]:
    pieces = _PIECES[language]
    slots = {name: expand(rng.choice(choices), rng) for name, choices in pieces.items()}
    slots["number"] = str(rng.randint(0, rng.choice((10, 100, 3000))))
    slots["colour"] = rng.choice(COLOURS_EN if language == "en" else COLOURS_ZH)
    slots["invented"] = invent_word(rng, language)
    if rng.random() < 0.15:
        slots["thing"] = slots["invented"]
    return slots


def _long_text(rng: random.Random, language: Language) -> str:
    joiner = " " if language == "en" else ""
    sentences = (_sentence(rng, language) for _ in range(rng.choice((2, 2, 3, 4))))
    return joiner.join(s if s[-1:] in ".!?。！？" else s + (". " if language == "en" else "。") for s in sentences)


def _word_salad(rng: random.Random, language: Language) -> str:
    slots = list(_slots(rng, language).values())
    words = [rng.choice((*slots, invent_word(rng, language))) for _ in range(rng.randint(1, 6))]
    return (" " if language == "en" else "").join(words) + rng.choice(("", "?", ".", "!"))


def _garbage(rng: random.Random, language: Language) -> str:
    if language == "zh":
        return "".join(common_character(rng) for _ in range(rng.randint(1, 12))) + rng.choice(("", "？", "。"))
    alphabets = (
        "abcdefghijklmnopqrstuvwxyz",
        "asdfghjkl",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !?.,;:-_/()@#%&*",
        "0123456789",
        "?!.*#-/ ",
        "éèüñçàôßåø abcdefghilmnoprstu",
    )
    alphabet = rng.choice(alphabets)
    text = "".join(rng.choice(alphabet) for _ in range(rng.randint(2, 24))).strip()
    return text or "???"
