"""Calls from the benchmark to the programs it measures: a line of JSON each way. Knows the standard library only,
because the peer's program runs in an environment of its own."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

Methods = Mapping[str, Callable[..., Any]]


def answer_calls(methods: Methods) -> None:
    """Answer calls on standard input until it closes; whatever else writes to standard output goes to the errors."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for line in sys.stdin:
            out.write(json.dumps(_answer(methods, json.loads(line))) + "\n")
            out.flush()


def _answer(methods: Methods, call: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": methods[call["method"]](**call["arguments"])}
    except Exception:  # noqa: BLE001  the caller tells it
        return {"error": traceback.format_exc()}
