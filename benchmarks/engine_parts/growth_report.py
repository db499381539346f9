"""The growth of speed and memory as plots and as a table."""

from collections.abc import Callable, Sequence
from pathlib import Path

from engine_parts.growth import SHORT, Point
from engine_parts.plots import Line, plot

TABLE_FILE = "engine-growth.md"


def write(folder: Path, points: Sequence[Point], precision: str, num_layers: int) -> None:
    """Write four plots and a table into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    layers = f"{precision}, {num_layers} layers"
    by_streams = [point for point in points if point.num_tokens == SHORT]
    crowds = sorted({point.num_streams for point in points if point.num_tokens != SHORT})
    for name, unit, value in (("speed", "tokens/s", _speed), ("memory", "GB", _memory)):
        line = {f"contexts of {SHORT} tokens": _line(by_streams, _streams, value)}
        title = f"{name.capitalize()} in {unit} over streams ({layers})"
        _write(folder, f"engine-{name}-streams.svg", plot(title, "streams at once", line))
        lines = {
            _named(crowd): _line([p for p in points if p.num_streams == crowd], _tokens, value) for crowd in crowds
        }
        title = f"{name.capitalize()} in {unit} over context ({layers})"
        _write(folder, f"engine-{name}-context.svg", plot(title, "tokens of context", lines))
    _write(folder, TABLE_FILE, table(points))


def table(points: Sequence[Point]) -> str:
    """Return a Markdown table of all points."""
    rows = [f"| {p.num_streams} | {p.num_tokens:,} | {p.tok_s:.1f} | {p.resident_gb:.2f} |" for p in points]
    return "\n".join(["| streams | context | tokens/s, together | memory, GB |", "|---|---|---|---|", *rows]) + "\n"


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def _line(points: Sequence[Point], x: Callable[[Point], float], y: Callable[[Point], float]) -> Line:
    return [(x(point), y(point)) for point in sorted(points, key=x)]


def _named(num_streams: int) -> str:
    return "one stream" if num_streams == 1 else f"{num_streams} streams"


def _streams(point: Point) -> float:
    return point.num_streams


def _tokens(point: Point) -> float:
    return point.num_tokens


def _speed(point: Point) -> float:
    return point.tok_s


def _memory(point: Point) -> float:
    return point.resident_gb
