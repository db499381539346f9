"""Measures the engine on random weights of ChatGLM-6B's true shape, next to chatglm.cpp and to the original's style.

python benchmarks/engine.py [--peer] [--llama] [--layers N] [--hidden N] [--quick] [--growth FOLDER]
    [--folder DIRECTORY] [--json]

All 28 layers take 20 GB of memory, 25 GB of disk and the machine for themselves: half an hour, and a quarter more with
--growth. Each contender is a process of its own; they are called in turn, in every round all of them, and
figures are medians of the rounds, `spread` their smallest and largest. --peer needs `make .venv/.bench-engine`, --llama
`make .venv/.bench-llama`.

decode_1_int8_vs_peer, decode_1_int4_vs_peer    `versus.decode_1_vs_peer`
decode_8_vs_peer, prefill_256_vs_peer           `versus.decode_8_vs_peer`, `versus.prefill_256_vs_peer`; the better mode
overhead_1, overhead_8                          `versus.overhead`; the worse mode
batch_8_vs_eager                                `versus.batch_8_vs_eager`
ttft_p95_16_gain, fairness, cancel_steps        `scheduling`; the first on the true shape, the others on the demo model
decode_1_int4_vs_llama and the like             with --llama: ours by llama.cpp, on ChatGLM3's shape, with as many bits
sse_overhead_8                                  `serving.sse_overhead_8`
others_cpu_share                                what other programs took of the processors meanwhile: 0 is quiet

The peers wait for their threads by spinning, so that a busy machine slows them more than us: with a share of others
above a few percent no ratio means anything.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine_parts import growth, growth_report, machine, scheduling, serving, versus
from engine_parts.contender import Contender
from engine_parts.noise import Noise
from engine_parts.shape import NUM_LAYERS, LaterShape, Shape
from engine_parts.versus import PRECISIONS, Bench, Rates, Ratio

PEER = "chatglm_cpp_q4_0"
HEAD_SIZE = 128
OTHER_PEER = "chatglm_cpp_q8_0"


@dataclass(slots=True)
class Report:
    """The figures found so far."""

    ratios: dict[str, Ratio] = field(default_factory=dict)
    raw: dict[str, object] = field(default_factory=dict)

    def add(self, name: str, ratio: Ratio, **raw: object) -> None:
        """Take a figure, and what it was made of."""
        self.ratios[name] = ratio
        self.raw |= raw

    def as_json(self) -> dict[str, object]:
        """Return the medians by name, then the spread, then the raw figures."""
        return {
            **{name: ratio.median for name, ratio in self.ratios.items()},
            "spread": {name: [ratio.low, ratio.high] for name, ratio in self.ratios.items()},
            "raw": self.raw,
        }


def main() -> None:
    """Read the command line, measure and print."""
    options = _options()
    if options.peer and not versus.PEER_PYTHON.exists():
        sys.exit("chatglm.cpp is not installed; run: make .venv/.bench-engine")
    if options.llama and not versus.LLAMA_PYTHON.exists():
        sys.exit("llama.cpp is not installed; run: make .venv/.bench-llama")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the contenders and removes what they read
    noise, report = Noise(), Report()
    with _bench(options) as bench:
        best = _against_peers(bench, report, with_peer=options.peer)
        report.raw["where_time_goes"] = {one: versus.where_time_goes(bench, one) for one in PRECISIONS}
        _against_eager(bench, report, best)
        _crowds(bench, report, best)
        if options.llama:
            _against_llama(bench, report)
        points = growth.grow(bench, best) if options.growth else []
    figures = report.as_json() | {
        "best_mode_at_8": best,
        "num_layers": options.layers,
        "rounds": bench.effort.rounds,
        "others_cpu_share": noise.others_share(),
        "machine": machine.describe(_peers(options)),
    }
    if points:
        figures["growth"] = growth.as_json(points)
        growth_report.write(options.growth, points, best, options.layers)
    print(json.dumps(figures) if options.json else _table(report, figures))


def _against_peers(bench: Bench, report: Report, *, with_peer: bool) -> str:
    """Measure next to chatglm.cpp in both its forms; return the mode that serves a crowd best."""
    rates = versus.against_peer(bench, "q4_0" if with_peer else "", PRECISIONS)
    report.raw["contenders"] = versus.raw(rates)
    best = max(PRECISIONS, key=lambda precision: Ratio.over(rates[precision].decode_8).median)
    for name, crowd in (("overhead_1", False), ("overhead_8", True)):
        both = {precision: versus.overhead(rates[precision], crowd) for precision in PRECISIONS}
        report.add(name, min(both.values(), key=lambda ratio: ratio.median))
        report.raw[name] = {precision: ratio.median for precision, ratio in both.items()}
    if with_peer:
        _compare(report, rates, best)
        _against_q8_0(bench, report, best)
    return best


def _compare(report: Report, rates: Mapping[str, Rates], best: str) -> None:
    peer = rates[PEER]
    for precision in PRECISIONS:
        report.add(f"decode_1_{precision}_vs_peer", versus.decode_1_vs_peer(rates[precision], peer))
    report.add("decode_8_vs_peer", versus.decode_8_vs_peer(rates[best], peer))
    prefill = {precision: versus.prefill_256_vs_peer(rates[precision], peer) for precision in PRECISIONS}
    report.add("prefill_256_vs_peer", max(prefill.values(), key=lambda ratio: ratio.median))
    report.raw["prefill_256_vs_peer"] = {precision: ratio.median for precision, ratio in prefill.items()}


def _against_q8_0(bench: Bench, report: Report, best: str) -> None:
    """Measure next to the peer's 8-bit form, which is the faster of its two on some machines."""
    rates = versus.against_peer(bench, "q8_0", [best])
    own, peer = rates[best], rates[OTHER_PEER]
    report.raw["against_q8_0"] = {
        "contenders": versus.raw(rates),
        f"decode_1_{best}": versus.decode_1_vs_peer(own, peer).median,
        "decode_8": versus.decode_8_vs_peer(own, peer).median,
        "prefill_256": versus.prefill_256_vs_peer(own, peer).median,
    }


def _against_eager(bench: Bench, report: Report, best: str) -> None:
    rates = versus.against_eager(bench, best)
    report.add("batch_8_vs_eager", versus.batch_8_vs_eager(rates[best], rates["eager_bf16"]))
    report.raw["against_eager"] = versus.raw(rates)


def _against_llama(bench: Bench, report: Report) -> None:
    """Measure both our modes next to llama.cpp's with as many bits, on ChatGLM3's shape, which it has."""
    later = replace(bench, shape=LaterShape(bench.shape.num_layers), folder=bench.folder / "later")
    later.folder.mkdir()
    for precision, kind in (("int4", "q4_0"), ("int8", "q8_0")):
        rates = versus.against_llama(later, kind, precision)
        own, llama = rates[precision], rates[f"llama_cpp_{kind}"]
        report.add(f"decode_1_{precision}_vs_llama", Ratio.of(own.decode_1, llama.decode_1))
        report.add(f"decode_8_{precision}_vs_llama", Ratio.of(own.decode_8, llama.decode_8))
        report.add(f"prefill_256_{precision}_vs_llama", Ratio.of(own.prefill_256, llama.prefill_256))
        report.raw[f"against_llama_{kind}"] = versus.raw(rates)


def _crowds(bench: Bench, report: Report, best: str) -> None:
    rounds = bench.effort.rounds
    with bench.own(best) as own:
        gain, raw = scheduling.ttft_p95_16_gain(own, rounds=1)
        report.add("ttft_p95_16_gain", gain, **raw)
        report.raw["read_gb_s"] = round(own.call("read_gb_s"), 1)
    with Contender("demo", "engine_parts.own", [str(serving.DEMO), "fp32", "8"], is_ours=True) as demo:
        fair, raw = scheduling.fairness(demo, 4 * rounds)
        report.add("fairness", fair, **raw)
        report.add("cancel_steps", Ratio.over([scheduling.cancel_steps(demo)]))
    overhead, texts = serving.sse_overhead_8(bench, best)
    report.add("sse_overhead_8", overhead, **texts)


def _peers(options: argparse.Namespace) -> dict[str, Path]:
    """Return the environments of the peers that were run, by the names of their packages."""
    wanted = (
        ("chatglm-cpp", options.peer, versus.PEER_PYTHON),
        ("llama-cpp-python", options.llama, versus.LLAMA_PYTHON),
    )
    return {package: python for package, is_wanted, python in wanted if is_wanted}


def _table(report: Report, figures: Mapping[str, object]) -> str:
    lines = [f"{name:24}{one.median:9.3f}   {one.low:.3f} to {one.high:.3f}" for name, one in report.ratios.items()]
    rest = {name: figures[name] for name in ("best_mode_at_8", "num_layers", "others_cpu_share", "machine")}
    return "\n".join([*lines, json.dumps(report.raw, indent=1), json.dumps(rest, indent=1)])


@contextmanager
def _bench(options: argparse.Namespace) -> Iterator[Bench]:
    """Give what all sessions share; the files of random weights are removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="glmbot-engine-", dir=options.folder) as folder:
        shape = Shape(options.layers, options.hidden, options.hidden // HEAD_SIZE)
        yield Bench(shape, Path(folder), versus.QUICK if options.quick else versus.FULL)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="store_true", help="run chatglm.cpp in turn with ours")
    parser.add_argument("--llama", action="store_true", help="run llama.cpp in turn with ours, on ChatGLM3's shape")
    parser.add_argument("--layers", type=int, default=NUM_LAYERS, help="of the model; 4 take 5 GB")
    parser.add_argument("--hidden", type=int, default=4096, help="smaller states are no measure")
    parser.add_argument("--quick", action="store_true", help="two rounds of few steps")
    parser.add_argument("--growth", type=Path, metavar="FOLDER", help="measure growth, and write plots and table there")
    parser.add_argument("--folder", type=Path, help="where the files of random weights are made, and removed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


if __name__ == "__main__":
    main()
