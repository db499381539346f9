"""Scores the finding of personal data on labelled texts."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from glmbot.safety.pii.finding import find
from glmbot.safety.pii.spans import Span

CHAT = (
    "好的，我来解释一下：快速排序先选一个基准，再把比它小的放在左边，比它大的放在右边，然后对两边重复同样的步骤。",
    "Sure! The meeting is on 2024-05-17 at 14:30 in room 1204; please bring the 3 reports (about 25 pages each).",
    "如果在 Python 3.11 里运行 `pip install httpx`，大约需要 20 秒。😀 有问题随时问我，价格是 1,299.00 元。",
    "You can call `sorted(items, key=lambda item: item.size)`; it returns a new list: O(n log n) in the worst case.",
)


class Tally:
    """How many spans were found rightly, found wrongly, and missed."""

    def __init__(self) -> None:
        self.right = self.wrong = self.missed = 0

    def figures(self) -> dict[str, float]:
        """Return precision, recall and F1."""
        precision = self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0
        recall = self.right / (self.right + self.missed) if self.right + self.missed else 1.0
        both = precision + recall
        return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / both if both else 0.0}


def score(directory: Path) -> dict[str, Any]:
    """Score the cases of `pii.jsonl`, and measure the speed."""
    lines = (directory / "pii.jsonl").read_text(encoding="utf-8").splitlines()
    return {**score_cases(map(json.loads, lines)), "mb_per_s": mb_per_second()}


def score_cases(cases: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return figures over all spans and for each type, and the share of clean texts with a finding."""
    total, types, clean = Tally(), defaultdict[str, Tally](Tally), []
    for case in cases:
        found = find(case["text"])
        if not case["spans"]:
            clean.append(bool(found))
        for tally, name in _judged(case["spans"], found):
            for counted in (total, types[name]):
                setattr(counted, tally, getattr(counted, tally) + 1)
    return {
        **total.figures(),
        "types": {name: types[name].figures() for name in sorted(types)},
        "clean_flagged": sum(clean) / max(1, len(clean)),
    }


def _judged(expected: Sequence[dict[str, Any]], found: Sequence[Span]) -> list[tuple[str, str]]:
    """Pair what was found with what is there; offsets and type must agree."""
    left = list(expected)
    judged = []
    for span in found:
        hit = next((gold for gold in left if _agrees(gold, span)), None)
        if hit:
            left.remove(hit)
        judged.append(("right" if hit else "wrong", str(span.kind)))
    return judged + [("missed", gold["type"]) for gold in left]


def _agrees(gold: dict[str, Any], span: Span) -> bool:
    places = [[gold["start"], gold["end"]], *gold.get("alt", [])]
    return gold["type"] == span.kind and [span.start, span.end] in places


def mb_per_second(seconds: float = 1.0) -> float:
    """Measure the speed on short chat messages, in 10^6 bytes of UTF-8 a second."""
    size = sum(len(text.encode()) for text in CHAT)
    num_rounds, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        for text in CHAT:
            find(text)
        num_rounds += 1
    return num_rounds * size / elapsed / 1e6
