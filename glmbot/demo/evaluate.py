"""Examines the demo model: plays the evaluation's questions and checks the answers by rule.

python -m glmbot.demo.evaluate [--json] [--directory DIRECTORY] [--failures]
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glmbot.demo.cases import CASES_PATH, Case, is_right, read_cases
from glmbot.demo.decoding import Checkpoint, answer, load
from glmbot.demo.grammar import LANGUAGES
from glmbot.demo.writing import CHECKPOINT

_MEMORY_TURNS = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case as it was played."""

    case: Case
    turns: tuple[tuple[str, str], ...]
    is_right: bool


def play(checkpoint: Checkpoint, case: Case) -> Outcome:
    """Ask the case's questions one after the other; the model's own answers are the history."""
    turns: list[tuple[str, str]] = []
    for question in case.turns:
        turns.append((question, answer(checkpoint, turns, question, case.system)))
    return Outcome(case, tuple(turns), is_right(case, turns[-1][1]))


def summarise(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the number of questions and the shares of right answers, flat."""
    groups = {
        "score": list(outcomes),
        **{f"score_{language}": [o for o in outcomes if o.case.language == language] for language in LANGUAGES},
        **{f"score_{topic}": [o for o in outcomes if o.case.topic == topic] for topic in _topics(outcomes)},
        # memory proper: told at least two turns ago
        "score_memory": [o for o in outcomes if o.case.topic == "memory" and len(o.turns) >= _MEMORY_TURNS],
    }
    return {"questions": len(outcomes)} | {name: round(_share(group), 4) for name, group in groups.items() if group}


def tabulate(outcomes: Sequence[Outcome]) -> str:
    """Return a Markdown table: a row for each topic, right answers of questions in each language."""
    rows = ["| topic | zh | en | score |", "|---|---|---|---|"]
    for topic in (*_topics(outcomes), "all"):
        group = [outcome for outcome in outcomes if topic in (outcome.case.topic, "all")]
        counts = (_count([o for o in group if o.case.language == language]) for language in LANGUAGES)
        rows.append(f"| {topic} | {' | '.join(counts)} | {_share(group):.1%} |")
    return "\n".join(rows)


def _topics(outcomes: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(outcome.case.topic for outcome in outcomes))


def _count(outcomes: Sequence[Outcome]) -> str:
    return f"{sum(outcome.is_right for outcome in outcomes)}/{len(outcomes)}"


def _share(outcomes: Sequence[Outcome]) -> float:
    return sum(outcome.is_right for outcome in outcomes) / max(1, len(outcomes))


def _failures(outcomes: Sequence[Outcome]) -> str:
    wrong = [outcome for outcome in outcomes if not outcome.is_right]
    return "\n".join(f"{o.case.id}: {' / '.join(f'{q} -> {a}' for q, a in o.turns)}" for o in wrong)


def main() -> None:
    """Read the command line, play all cases and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, default=CHECKPOINT)
    parser.add_argument("--cases", type=Path, default=CASES_PATH)
    parser.add_argument("--failures", action="store_true", help="print the wrong answers")
    parser.add_argument("--json", action="store_true", help="print the scores as one JSON object in the last line")
    arguments = parser.parse_args()
    checkpoint = load(arguments.directory)
    outcomes = [play(checkpoint, case) for case in read_cases(arguments.cases)]
    if arguments.failures:
        print(_failures(outcomes))  # noqa: T201
    print(tabulate(outcomes))  # noqa: T201
    if arguments.json:
        print(json.dumps(summarise(outcomes)))  # noqa: T201


if __name__ == "__main__":
    main()
