"""How many disguised terms are found, and how much ordinary text is taken for one."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from glmbot.safety.filter import WordFilter

Judged = tuple[dict[str, Any], bool]
"""A case, and whether the filter found a term."""


def score(directory: Path) -> dict[str, object]:
    """Compile the terms of each case with the default settings, and look for them."""
    lines = (directory / "evasion.jsonl").read_text(encoding="utf-8").splitlines()
    judged = [
        (case, WordFilter(case["policy_terms"]).first_match(case["text"]) is not None)
        for case in map(json.loads, lines)
    ]
    core = _figures(one for one in judged if one[0]["tier"] == "core")
    return {**core, "all_f1": _figures(judged)["f1"], "techniques": _techniques(judged), "wrong": _wrong(judged)}


def _figures(judged: Iterable[Judged]) -> dict[str, float]:
    counts = {(wanted, found): 0 for wanted in (True, False) for found in (True, False)}
    for case, found in judged:
        counts[case["should_match"], found] += 1
    hits, missed, wrong = counts[True, True], counts[True, False], counts[False, True]
    precision = hits / (hits + wrong) if hits + wrong else 1.0
    recall = hits / (hits + missed) if hits + missed else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    fpr = wrong / max(1, wrong + counts[False, False])
    return {"f1": round(f1, 4), "precision": round(precision, 4), "recall": round(recall, 4), "fpr": round(fpr, 4)}


def _techniques(judged: Sequence[Judged]) -> dict[str, str]:
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case, found in judged:
        totals[case["technique"]][0] += found == case["should_match"]
        totals[case["technique"]][1] += 1
    return {technique: f"{right}/{total}" for technique, (right, total) in sorted(totals.items())}


def _wrong(judged: Sequence[Judged]) -> list[str]:
    return [case["id"] for case, found in judged if found != case["should_match"]]
