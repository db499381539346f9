"""Makes benchmarks/corpus/answers.jsonl: hand-written hard cases, and answers from templates. Always the same.

python benchmarks/delivery_parts/make_corpus.py
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from delivery_parts.hard_cases import hard_cases
from delivery_parts.templates import answer

NUM_CASES = 500
TARGET = Path(__file__).parents[1] / "corpus" / "answers.jsonl"


def corpus() -> Iterator[tuple[str, str]]:
    """Yield id and Markdown of each answer."""
    hard = hard_cases()
    for number, markdown in enumerate(hard):
        yield f"hard-{number:03}", markdown
    chance = random.Random("answers")
    for number in range(NUM_CASES - len(hard)):
        yield f"made-{number:03}", answer(chance)


def main() -> None:
    """Write the file."""
    lines = [json.dumps({"id": name, "markdown": markdown}) + "\n" for name, markdown in corpus()]
    TARGET.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
