"""Whether nothing of a term is shown of a text that grows, and nothing is held back for long."""

import json
from pathlib import Path
from typing import Any

from glmbot.safety.filter import WordFilter
from glmbot.safety.pii.stream import StreamRedactor
from glmbot.safety.stream import StreamGuard


def score(directory: Path) -> dict[str, object]:
    """Feed the pieces of each case, then the end."""
    lines = (directory / "stream.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    judges = {"redact": _fault_of_redaction}
    judged = [(case["id"], judges.get(case["mode"], _fault)(case)) for case in cases]
    failures = [f"{name}: {fault}" for name, fault in judged if fault]
    return {"passed": len(cases) - len(failures), "total": len(cases), "failures": failures}


def _fault(case: dict[str, Any]) -> str | None:
    guard = StreamGuard(WordFilter(case["policy_terms"]))
    shown = ""
    num_received = worst = 0
    for piece in case["chunks"]:
        shown += guard.add(piece)
        num_received += len(piece)
        worst = max(worst, num_received - len(shown))
    shown += guard.finish()
    if case["mode"] == "block":
        return _fault_of_block(case, shown, guard.match is not None)
    if guard.match:
        return "blocked"
    if shown != case["expected_output"]:
        return "text changed"
    return f"held back {worst} characters" if worst > case["max_holdback_chars"] else None


def _fault_of_redaction(case: dict[str, Any]) -> str | None:
    redactor = StreamRedactor()
    shown = ""
    num_received = worst = 0
    for piece in case["chunks"]:
        shown += redactor.add(piece)
        num_received += len(piece)
        worst = max(worst, num_received - len(shown))
    shown += redactor.finish()
    if any(secret in shown for secret in case["must_not_emit"]):
        return "showed what it must not"
    if not all(text in shown for text in case["must_emit"]):
        return "lost text"
    # What is replaced by less is no text held back: the scorer of the cases allows as much, too.
    return f"held back {worst} characters" if worst > case["max_holdback_chars"] + 64 else None


def _fault_of_block(case: dict[str, Any], shown: str, is_blocked: bool) -> str | None:
    if not is_blocked:
        return "not blocked"
    if not case["max_emit"].startswith(shown):
        return "showed too much"
    return "showed too little" if len(shown) < case["min_emit_chars"] else None
