"""Scores the finding of prompt injection on a set of labelled cases."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from glmbot.safety.injection.score import THRESHOLD, Channel
from glmbot.safety.injection.score import score as injection

CASES = "injection.jsonl"


def score(directory: Path) -> dict[str, Any]:
    """Return precision, recall, F1, the rate of false alarms and the techniques of the cases in a directory."""
    return score_file(directory / CASES)


def score_file(path: Path) -> dict[str, Any]:
    """Judge the cases of one file, a JSON object with text, label, technique, lang and channel on each line."""
    outcomes: Counter[tuple[bool, bool]] = Counter()
    num_right: Counter[str] = Counter()
    num_cases: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        is_injection = case["label"] == "injection"
        is_flagged = injection(case["text"], Channel(case["channel"])).value >= THRESHOLD
        outcomes[is_injection, is_flagged] += 1
        technique = f"{case['label']}:{case['technique']}/{case['lang']}"
        num_cases[technique] += 1
        num_right[technique] += is_injection == is_flagged
    return {
        **_figures(outcomes),
        "techniques": {name: f"{num_right[name]}/{num_cases[name]}" for name in sorted(num_cases)},
    }


def _figures(outcomes: Counter[tuple[bool, bool]]) -> dict[str, float]:
    hits, misses = outcomes[True, True], outcomes[True, False]
    alarms, passes = outcomes[False, True], outcomes[False, False]
    precision = hits / (hits + alarms) if hits + alarms else 1.0
    recall = hits / (hits + misses) if hits + misses else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "fpr": alarms / max(1, alarms + passes)}
