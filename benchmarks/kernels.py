"""Measures the products of 4- and 8-bit weights alone: our kernels, torch's, and onnxruntime's next to them.

python benchmarks/kernels.py [--onnxruntime] [--matrices N] [--rounds N] [--json]

All multiply inputs of 1, 8 and 256 rows by the same number of matrices of ChatGLM-6B's largest shape, 16,384 x 4,096,
together more than caches hold, in turn, each in a process of its own. Figures are medians: billions of weights a second
(for 256 rows times the rows: billions of multiplications), and for one row the share of the bandwidth at which torch
just adds up as many bytes. --onnxruntime needs `make .venv/.bench-onnxruntime`; its MatMulNBits takes 4 bits in blocks
of 128 and rounds inputs to 8 bits (accuracy_level 4), as ours does.
"""

import argparse
import json
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from engine_parts import machine
from engine_parts.contender import Contender
from engine_parts.noise import Noise

ONNX_PYTHON = Path(sys.prefix) / "onnxruntime" / "bin" / "python"
ROWS = (1, 8, 256)
SHAPE = (16384, 4096)
"""Outputs and inputs of a matrix."""
REST = 0.1
"""Seconds before each call: the threads of the one before may still spin, waiting for more to do."""


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--onnxruntime", action="store_true", help="measure its MatMulNBits, too")
    parser.add_argument("--matrices", type=int, default=16, help="how many; 16 take 0.5 GB in 4 bits")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.onnxruntime and not ONNX_PYTHON.exists():
        sys.exit("onnxruntime is not installed; run: make .venv/.bench-onnxruntime")
    noise = Noise()
    figures = {f"int{bits}": measure(bits, options.matrices, options.rounds, options.onnxruntime) for bits in (4, 8)}
    facts = {
        "others_cpu_share": noise.others_share(),
        "machine": machine.describe({"onnxruntime": ONNX_PYTHON} if options.onnxruntime else {}),
    }
    print(json.dumps(figures | facts) if options.json else _table(figures))


def measure(
    bits: int, num_matrices: int, rounds: int, with_onnx: bool, shape: tuple[int, int] = SHAPE
) -> dict[str, dict[str, float]]:
    """Return billions of weights a second, times the rows beyond 8, by contender and number of rows."""
    sizes = [str(size) for size in (*shape, num_matrices, bits)]
    with ExitStack() as stack:
        one = [Contender("ours", "engine_parts.own_linear", sizes, is_ours=True)]
        one.append(Contender("torch", "engine_parts.torch_linear", sizes))
        if with_onnx and bits == 4:
            one.append(Contender("onnxruntime", "engine_parts.onnx_linear", sizes, ONNX_PYTHON))
        contenders = [stack.enter_context(contender) for contender in one]
        found = {contender.name: _empty() for contender in contenders}
        share = []
        for number in range(rounds + 1):
            time.sleep(REST)
            reading = contenders[0].call("read")
            for contender in contenders:
                time.sleep(REST)
                for rows in ROWS:
                    taken = contender.call("multiply", num_rows=rows)
                    if number:  # the first round warms up
                        found[contender.name][str(rows)].append(taken)
            if number:
                share.append(reading / found["ours"]["1"][-1])
    num_weights = num_matrices * shape[0] * shape[1] / 1e9
    rates = {
        name: {rows: _rate(num_weights, int(rows), seconds) for rows, seconds in by_rows.items()}
        for name, by_rows in found.items()
    }
    rates["ours"]["share_of_bandwidth_1"] = round(statistics.median(share), 3)
    return rates


def _empty() -> dict[str, list[float]]:
    return {str(rows): [] for rows in ROWS}


def _rate(num_weights: float, rows: int, seconds: list[float]) -> float:
    return round(num_weights * (rows if rows > max(ROWS[:-1]) else 1) / statistics.median(seconds), 2)


def _table(figures: dict[str, dict[str, dict[str, float]]]) -> str:
    lines = [
        f"{form:6}{name:14}" + "".join(f"{rows:>22} {rate:8.2f}" for rows, rate in rates.items())
        for form, by_name in figures.items()
        for name, rates in by_name.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
