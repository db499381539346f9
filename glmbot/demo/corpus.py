"""The dialogues the demo model is trained on: endless, and the same for the same seed."""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from glmbot.demo.grammar import LANGUAGES, Exchange, Intent, Language, expand, fill
from glmbot.demo.noise import add_noise
from glmbot.demo.topics import about, capitals, commands, connecting, courtesy, memory, other, storage, sums, words
from glmbot.demo.topics.memory import Known
from glmbot.demo.topics.persona import Persona, invent_persona
from glmbot.serving.chat.chatglm import build_prompt, process_response


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A system text, the earlier turns, and the last one, whose answer is learnt."""

    system: str | None
    exchanges: tuple[Exchange, ...]

    @property
    def prompt(self) -> str:
        """The text in front of the last answer, as the server builds it for ChatGLM-6B."""
        *earlier, last = self.exchanges
        turns = [(turn.question, process_response(turn.answer)) for turn in earlier]
        return build_prompt(last.question, turns, self.system)

    @property
    def answer(self) -> str:
        """The answer to learn, as the server would give it out."""
        return process_response(self.exchanges[-1].answer)


Asker = Callable[[random.Random, Language], Exchange]


def _by_intents(intents: tuple[Intent, ...]) -> Asker:
    def ask(rng: random.Random, language: Language) -> Exchange:
        return _ask_intent(rng.choice(intents), rng, language)

    return ask


def _ask_intent(intent: Intent, rng: random.Random, language: Language) -> Exchange:
    templates = intent.questions[language]
    weights = [1 + template.count("|") ** 0.5 for template in templates]
    question = expand(rng.choices(templates, weights)[0], rng)
    return Exchange(intent.topic, language, add_noise(question, language, rng), intent.answers[language])


# How often each topic is asked about, alone and as a filler between the turns that are to be remembered.
_TOPICS: tuple[tuple[Asker, float, float], ...] = (
    (_by_intents(courtesy.INTENTS), 0.13, 0.3),
    (_by_intents(about.INTENTS), 0.11, 0.03),
    (_by_intents(commands.INTENTS), 0.13, 0.08),
    (_by_intents(connecting.INTENTS), 0.06, 0.01),
    (_by_intents(storage.INTENTS), 0.05, 0.03),
    (sums.ask, 0.2, 0.14),
    (capitals.ask, 0.11, 0.14),
    (words.ask, 0.11, 0.14),
    (other.ask, 0.17, 0.13),
)
_WHO_WEIGHT = 0.05
_CHANGED_TOPIC = 0.3
"""How often a talk in which something was told ends with another topic, so that not all that follows a name is one."""


class Corpus:
    """Makes dialogues from a seed, none of which contains a phrase that is held out for the evaluation.

    Half of them are English, and `more_english` of the other half.
    """

    def __init__(self, seed: int, held_out: frozenset[str] = frozenset(), more_english: float = 0.0) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - training text, not a secret
        self._held_out = held_out
        self._more_english = more_english

    def __iter__(self) -> Iterator[Dialogue]:
        return self._allowed(self._make)

    def telling(self) -> Iterator[Dialogue]:
        """Give only dialogues that tell a name or a colour and perhaps ask for it: copying is the hardest lesson."""
        return self._allowed(self._make_telling)

    def _allowed(self, make: Callable[[], Dialogue]) -> Iterator[Dialogue]:
        while True:
            dialogue = make()
            if not contains_held_out(dialogue, self._held_out):
                yield dialogue

    def _make_telling(self) -> Dialogue:
        rng = self._rng
        language = self._language()
        told, known = memory.tell(rng, language, Known())
        asked = (memory.recall(rng, language, known),) if rng.random() < 0.5 else ()
        return Dialogue(None, (told, *asked))

    def _make(self) -> Dialogue:
        rng = self._rng
        language = self._language()
        persona = invent_persona(rng, language) if rng.random() < 0.08 else None
        chance = rng.random()
        if chance < 0.36:
            exchanges = [self._any(language, persona)]
        elif chance < 0.83:
            exchanges = self._remembering(language, persona)
        else:
            exchanges = [self._filler(language, persona) for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4)))]
            exchanges.append(self._any(self._drift(language), persona))
        return Dialogue(persona.text if persona else None, tuple(exchanges))

    def _language(self) -> Language:
        language = self._rng.choice(LANGUAGES)
        return "en" if self._more_english and self._rng.random() < self._more_english else language

    def _any(self, language: Language, persona: Persona | None) -> Exchange:
        """Ask about any topic; with a named persona mostly who that is."""
        rng = self._rng
        if rng.random() < (0.4 if persona and persona.name else _WHO_WEIGHT):
            return self._who(language, persona)
        ask = rng.choices([topic[0] for topic in _TOPICS], [topic[1] for topic in _TOPICS])[0]
        return ask(rng, language)

    def _who(self, language: Language, persona: Persona | None) -> Exchange:
        me = (persona and persona.name) or about.NAMELESS[language]
        exchange = _ask_intent(about.WHO, self._rng, language)
        return replace(exchange, answer=fill(exchange.answer, {"me": me}))

    def _filler(self, language: Language, persona: Persona | None) -> Exchange:
        rng = self._rng
        language = self._drift(language)
        if rng.random() < 0.03:
            return self._who(language, persona)
        ask = rng.choices([topic[0] for topic in _TOPICS], [topic[2] for topic in _TOPICS])[0]
        return ask(rng, language)

    def _drift(self, language: Language) -> Language:
        return self._rng.choice(LANGUAGES) if self._rng.random() < 0.1 else language

    def _remembering(self, language: Language, persona: Persona | None) -> list[Exchange]:
        """Tell a name or a colour somewhere, talk of other things, and mostly ask for it or tell it in the end."""
        rng = self._rng
        num_turns = rng.choices((1, 2, 3, 4, 5, 6, 8, 10, 12), (22, 22, 22, 14, 8, 5, 3, 2, 2))[0]
        known = Known()
        tells_at = {rng.randrange(num_turns) for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 2, 3)))}
        exchanges: list[Exchange] = []
        for at in range(num_turns - 1):
            exchange, known = self._earlier_turn(self._drift(language), persona, known, tells=at in tells_at)
            exchanges.append(exchange)
        if num_turns - 1 in tells_at or (num_turns == 1 and rng.random() < 0.4):
            last = memory.tell(rng, language, known)[0]
        elif num_turns > 1 and rng.random() < _CHANGED_TOPIC:
            last = self._any(self._drift(language), persona)
        elif rng.random() < 0.06:
            last = memory.distract(rng, language)
        else:
            last = memory.recall(rng, self._drift(language), known)
        return [*exchanges, last]

    def _earlier_turn(
        self, language: Language, persona: Persona | None, known: Known, *, tells: bool
    ) -> tuple[Exchange, Known]:
        rng = self._rng
        if tells:
            exchange, known = memory.tell(rng, language, known)
            if rng.random() < 0.12:  # an answer that does not repeat what was told
                exchange = replace(exchange, answer=self._filler(language, persona).answer)
            return exchange, known
        if rng.random() < 0.1:
            return memory.distract(rng, language), known
        if rng.random() < 0.12:
            return memory.recall(rng, language, known), known
        return self._filler(language, persona), known


def normalise(text: str) -> str:
    """Reduce a question to its letters, digits and signs of arithmetic: what makes two wordings the same."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s.,!?;:'\"。、，！？；：“”‘’~…]+", "", text)


def contains_held_out(dialogue: Dialogue, held_out: frozenset[str]) -> bool:
    """Tell whether a question of the dialogue is held out, or a text of it contains a held-out word (`word:...`)."""
    if not held_out:
        return False
    if any(normalise(exchange.question) in held_out for exchange in dialogue.exchanges):
        return True
    text = normalise((dialogue.system or "") + "\n".join(turn.question + turn.answer for turn in dialogue.exchanges))
    return any(phrase[5:] in text for phrase in held_out if phrase.startswith("word:"))
