"""How speed and memory grow with the number of streams and with the length of the context."""

import statistics
import sys
from dataclasses import asdict, dataclass

from engine_parts.versus import CROWD, Bench

STREAMS = (1, 2, 4, 8, 16, 32)
CONTEXTS = (128, 256, 512, 1024, 2000)
"""Tokens; the last leaves room for those that are generated, to ChatGLM-6B's 2,048."""
SHORT = 128
_BETWEEN = 32
"""Steps at most at one place."""


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: so many streams, each with a context of so many tokens."""

    num_streams: int
    num_tokens: int
    tok_s: float
    resident_gb: float


def grow(bench: Bench, precision: str, crowd: int = CROWD) -> list[Point]:
    """Measure over 1 to 32 streams with short contexts, and over all contexts for one stream and for a crowd."""
    cases = [(num_streams, SHORT) for num_streams in STREAMS]
    cases += [(num_streams, num_tokens) for num_tokens in CONTEXTS for num_streams in (1, crowd)]
    return [_measure(bench, precision, *case) for case in dict.fromkeys(cases)]


def _measure(bench: Bench, precision: str, num_streams: int, num_tokens: int) -> Point:
    """Measure in a new process, so that memory is that of this case."""
    with bench.own(precision) as own:
        own.call("start", num_streams=num_streams, num_tokens=num_tokens)
        taken = own.call("decode", num_steps=min(_BETWEEN, bench.effort.own_steps))
        point = Point(num_streams, num_tokens, round(num_streams / statistics.median(taken), 2), own.resident_gb())
    print(point, file=sys.stderr, flush=True)
    return point


def as_json(points: list[Point]) -> list[dict[str, float]]:
    """Return the points as plain objects."""
    return [asdict(point) for point in points]
