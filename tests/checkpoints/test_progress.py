"""What is shown of a fetch."""

import io

from glmbot.checkpoints.progress import ProgressLine


def test_a_terminal_shows_one_line_that_is_rewritten() -> None:
    stream, times = io.StringIO(), iter([0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
    progress = ProgressLine(4_000_000, stream, is_terminal=True, clock=lambda: next(times))
    progress.add(1_000_000)
    progress.finish()
    assert stream.getvalue().startswith("\r1.0 MB of 4.0 MB, 25 %, 1.0 MB/s, 0 min 3 s left\r")


def test_a_log_gets_few_lines() -> None:
    stream, clock = io.StringIO(), iter(range(1000))
    progress = ProgressLine(1000, stream, is_terminal=False, clock=lambda: next(clock))
    for _ in range(60):
        progress.add(10)
    lines = stream.getvalue().splitlines()
    assert 2 <= len(lines) <= 4
    assert "\r" not in stream.getvalue()
