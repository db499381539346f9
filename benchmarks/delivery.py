"""Checks that answers arrive whole: renders, cuts and streams each of a corpus for every platform, and reads it back.

python benchmarks/delivery.py [--corpus FILE.jsonl] [--json] [--outputs FILE.jsonl] [--failures FILE.jsonl] [--seed 1]
    [--no-streaming]

Each line of the corpus is {"id", "markdown"}. Strict readers of ours, which share no code with glmbot/text, take the
messages apart as the platforms do. What they show is compared with what markdown-it-py reads in the source: the text,
blocks of code with their language, links, inline code and spoilers.

cases              answers
round_trip         answers that arrived exactly
rejected           answers of which the platform would refuse a message
unbalanced_fences  answers with code that is not closed in its message
over_limit         answers with a message that is too long
lost_tails         answers whose end is missing
split_graphemes    answers with a visible character in two messages
streamed_wrong     answers that, streamed in pieces with refusals between, end otherwise than rendered at once

The exit code is 1 when anything is wrong.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from delivery_parts.judging import Verdict, judge
from delivery_parts.platforms import PLATFORMS, Platform
from delivery_parts.streaming import streamed

from glmbot.text.rendering import render_parts

CORPUS = Path(__file__).parent / "corpus" / "answers.jsonl"


@dataclass(slots=True)
class Figures:
    """The sums for one platform."""

    cases: int = 0
    round_trip: int = 0
    rejected: int = 0
    unbalanced_fences: int = 0
    over_limit: int = 0
    lost_tails: int = 0
    split_graphemes: int = 0
    streamed_wrong: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one answer."""
        self.cases += 1
        self.round_trip += not verdict.difference
        self.rejected += bool(verdict.rejections)
        self.unbalanced_fences += bool(verdict.num_open_fences)
        self.over_limit += bool(verdict.num_over_limit)
        self.lost_tails += verdict.has_lost_tail
        self.split_graphemes += bool(verdict.num_split_graphemes)

    @property
    def is_good(self) -> bool:
        """Tell whether all answers arrived."""
        return self == Figures(cases=self.cases, round_trip=self.cases)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(mine + theirs for mine, theirs in zip(_values(self), _values(other), strict=True)))


def _values(figures: Figures) -> Iterator[int]:
    return iter(asdict(figures).values())


@dataclass(frozen=True, slots=True)
class Answer:
    """One case of the corpus."""

    id: str
    markdown: str


def load(path: Path) -> list[Answer]:
    """Return the answers of a corpus."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Answer(str(fields["id"]), str(fields["markdown"])) for fields in map(json.loads, filter(None, lines))]


def check(answers: Sequence[Answer], platform: Platform) -> Iterator[tuple[Answer, list[str], Verdict]]:
    """Yield each answer with its messages and what is wrong with them."""
    for answer in answers:
        texts = [part.text for part in render_parts(answer.markdown, platform.form)]
        yield answer, texts, judge(answer.markdown, texts, platform)


def run(options: argparse.Namespace) -> dict[str, Figures]:
    """Check all answers on all platforms."""
    answers = load(options.corpus)
    figures = {platform.name: Figures() for platform in PLATFORMS}
    failures: list[dict[str, object]] = []
    outputs: list[dict[str, object]] = []
    for platform in PLATFORMS:
        for answer, texts, verdict in check(answers, platform):
            figures[platform.name].add(verdict)
            outputs.append(_output(answer, texts, platform))
            if not verdict.is_good:
                failures.append({"id": answer.id, "platform": platform.name} | asdict(verdict))
    if not options.no_streaming:
        for platform_name, answer_id in asyncio.run(streamed(answers, PLATFORMS, options.seed)):
            figures[platform_name].streamed_wrong += 1
            failures.append({"id": answer_id, "platform": platform_name, "streamed_wrong": True})
    _write(options.outputs, outputs)
    _write(options.failures, failures)
    return figures


def _output(answer: Answer, texts: Sequence[str], platform: Platform) -> dict[str, object]:
    parts = [
        {"text": text, "parse_mode": platform.parse_mode, "entities": None, "format": platform.format} for text in texts
    ]
    return {"id": answer.id, "platform": platform.name, "parts": parts}


def _write(path: Path | None, rows: Sequence[dict[str, object]]) -> None:
    if path:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _print_table(figures: dict[str, Figures]) -> None:
    names = list(asdict(Figures()))
    print(f"{'':10}" + "".join(f"{name:>18}" for name in names))
    for platform, row in figures.items():
        print(f"{platform:10}" + "".join(f"{value:>18}" for value in _values(row)))


def main() -> None:
    """Read the command line, check, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--outputs", type=Path, help="write the messages of each answer to this file")
    parser.add_argument("--failures", type=Path, help="write what is wrong to this file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-streaming", action="store_true", help="only render and cut")
    options = parser.parse_args()
    platforms = run(options)
    overall = sum(platforms.values(), Figures())
    if options.json:
        print(json.dumps(asdict(overall) | {"platforms": {name: asdict(row) for name, row in platforms.items()}}))
    else:
        _print_table(platforms | {"overall": overall})
    sys.exit(0 if overall.is_good else 1)


if __name__ == "__main__":
    main()
