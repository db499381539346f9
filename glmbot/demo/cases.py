"""The questions the demo model is examined with, and the rules their answers must keep."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from glmbot.demo.corpus import normalise
from glmbot.demo.grammar import Language

CASES_PATH = Path(__file__).parents[2] / "tests" / "demo" / "evaluation.jsonl"

_CHINESE = re.compile("[\u4e00-\u9fff]")
# In these topics an English answer may rightly hold Chinese characters.
_MIXED_TOPICS = ("words", "memory", "persona")


@dataclass(frozen=True, slots=True)
class Case:
    """Questions asked one after the other; the last answer is checked.

    `must` and `must_not` are regular expressions, searched without regard to case. `held_out` are names and
    colours that may not occur in the corpus.
    """

    id: str
    topic: str
    language: Language
    turns: tuple[str, ...]
    must: tuple[str, ...]
    must_not: tuple[str, ...]
    held_out: tuple[str, ...] = ()
    system: str | None = None


def read_cases(path: Path = CASES_PATH) -> tuple[Case, ...]:
    """Read the cases, one JSON object a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(_case(json.loads(line)) for line in lines if line)


def _case(fields: dict[str, object]) -> Case:
    lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return Case(**{**fields, **lists})  # type: ignore[arg-type]


def is_right(case: Case, answer: str) -> bool:
    """Tell whether the last answer keeps the case's rules and its language."""
    return (
        _is_in_language(case, answer)
        and all(re.search(rule, answer, re.IGNORECASE) for rule in case.must)
        and not any(re.search(rule, answer, re.IGNORECASE) for rule in case.must_not)
    )


def _is_in_language(case: Case, answer: str) -> bool:
    has_chinese = bool(_CHINESE.search(answer))
    if case.language == "zh":
        return has_chinese or case.topic == "sums"
    return not has_chinese or case.topic in _MIXED_TOPICS


def held_out_phrases(cases: tuple[Case, ...]) -> frozenset[str]:
    """Collect what the corpus may not contain: the questions, and (marked `word:`) the names and colours."""
    questions = {normalise(turn) for case in cases for turn in case.turns}
    words = {"word:" + normalise(word) for case in cases for word in case.held_out}
    return frozenset(questions | words)
