"""Draws lines as SVG, readable on light and on dark pages."""

import math
from collections.abc import Mapping, Sequence

Line = Sequence[tuple[float, float]]
"""Points from left to right."""
_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 64, 46
_LEGEND = 42
_COLOURS = ("#2f6fde", "#d9640f", "#2a9d5c")
"""Each with enough contrast on white and on GitHub's dark grey."""
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 15px; font-weight: 600; }
.grid { stroke: #8c959f; stroke-opacity: .35; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } }
"""


def plot(title: str, x_label: str, lines: Mapping[str, Line]) -> str:
    """Return an SVG image: x in doublings, y from zero, a mark and its number at each point."""
    points = [point for line in lines.values() for point in line]
    xs = sorted({x for x, _ in points})
    top = _round_up(max(y for _, y in points))

    def place(x: float, y: float) -> tuple[float, float]:
        share = math.log2(x / xs[0]) / (math.log2(xs[-1] / xs[0]) or 1)
        across = _LEFT + share * (_WIDTH - _LEFT - _RIGHT)
        return across, _HEIGHT - _BOTTOM - y / top * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_text(_WIDTH / 2, 22, title, "middle", "title"), _text(_WIDTH / 2, _HEIGHT - 8, x_label, "middle")]
    for step in range(5):
        _, y = place(xs[0], top * step / 4)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 8, y + 4, _number(top * step / 4), "end"))
    parts += [_text(place(x, 0)[0], _HEIGHT - _BOTTOM + 18, _number(x), "middle") for x in xs]
    for index, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[index]
        places = [place(*point) for point in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for (x, y), (_, value) in zip(places, line, strict=True):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
            parts.append(_text(x, y - 8, _number(value), "middle"))
        legend = _LEFT + 20 + 190 * index
        parts.append(f'<circle cx="{legend}" cy="{_LEGEND}" r="4" fill="{colour}"/>')
        parts.append(_text(legend + 9, _LEGEND + 4, name, "start"))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">\n'
        f"<style>{_STYLE}</style>\n{body}\n</svg>\n"
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _round_up(value: float) -> float:
    """Return a round number a little above."""
    unit = 10 ** math.floor(math.log10(value)) if value > 0 else 1.0
    steps = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10)
    return next(step * unit for step in steps if step * unit >= value * 1.05 or step == steps[-1])
