"""The engine next to chatglm.cpp and to a model in the original's style, in turn, so that noise falls on both."""

import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine_parts.contender import Contender
from engine_parts.ggml_file import write_ggml
from engine_parts.gguf_file import write_gguf
from engine_parts.shape import LaterShape, Shape, prompt_of, write_checkpoint

PROMPT = 256
"""Tokens of the prompt whose reading is measured."""
CONTEXT = 64
"""Tokens of the prompts before decoding."""
CROWD = 8
"""Streams at once."""
MAX_RUNNING = 32
PRECISIONS = ("int8", "int4")
"""Our modes."""
PEER_PYTHON = Path(sys.prefix) / "chatglm-cpp" / "bin" / "python"
"""The environment that `make .venv/.bench-engine` makes."""
LLAMA_PYTHON = Path(sys.prefix) / "llama-cpp" / "bin" / "python"
"""The environment that `make .venv/.bench-llama` makes."""
VOCABULARY = Path(__file__).parents[2] / "glmbot" / "demo" / "checkpoint" / "ice_text.model"
"""Pieces for the peer's tokenizer, which is not used: it is given token ids."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How often and how long is measured."""

    rounds: int
    own_steps: int
    slow_steps: int


FULL = Effort(rounds=3, own_steps=16, slow_steps=6)
WARM_UP = Effort(rounds=1, own_steps=2, slow_steps=1)
QUICK = Effort(rounds=2, own_steps=6, slow_steps=3)


@dataclass(slots=True)
class Rates:
    """Tokens a second of one contender, one number a round."""

    decode_1: list[float] = field(default_factory=list)
    decode_8: list[float] = field(default_factory=list)
    prefill_256: list[float] = field(default_factory=list)
    overhead_1: list[float] = field(default_factory=list)
    overhead_8: list[float] = field(default_factory=list)
    resident_gb: float = 0.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What all sessions share: the shape, a folder for the files, how long to measure."""

    shape: Shape | LaterShape
    folder: Path
    effort: Effort

    def own(self, precision: str) -> Contender:
        """Start our engine on random weights of 8 or 4 bits."""
        directory = self.folder / precision
        if not directory.exists():
            write_checkpoint(directory, self.shape.config, int(precision.removeprefix("int")))
        return Contender(precision, "engine_parts.own", [str(directory), precision, str(MAX_RUNNING)], is_ours=True)

    @contextmanager
    def peer(self, kind: str) -> Iterator[Contender]:
        """Run chatglm.cpp on random weights; its file is removed afterwards."""
        path = self.folder / f"{kind}.ggml"
        write_ggml(path, self.shape.config.to_dict(), kind, VOCABULARY)
        try:
            with Contender(f"chatglm_cpp_{kind}", "engine_parts.peer", [str(path)], PEER_PYTHON) as peer:
                yield peer
        finally:
            path.unlink()

    @contextmanager
    def llama(self, kind: str) -> Iterator[Contender]:
        """Run llama.cpp on random weights; its file is removed afterwards."""
        path = self.folder / f"{kind}.gguf"
        write_gguf(path, self.shape.config.to_dict(), kind)
        try:
            with Contender(f"llama_cpp_{kind}", "engine_parts.llama", [str(path)], LLAMA_PYTHON) as llama:
                yield llama
        finally:
            path.unlink()

    def eager(self) -> Contender:
        """Start the bfloat16 model in the original's style."""
        shape = self.shape
        assert isinstance(shape, Shape)
        sizes = (shape.num_layers, shape.hidden_size, shape.num_attention_heads, shape.vocab_size)
        return Contender("eager_bf16", "engine_parts.eager", [str(size) for size in sizes])


def against_peer(bench: Bench, kind: str, precisions: Sequence[str]) -> dict[str, Rates]:
    """Measure our engine and chatglm.cpp in turn, in each round everything once; with no kind ours alone."""
    with ExitStack() as stack:
        owns = [stack.enter_context(bench.own(precision)) for precision in precisions]
        peers = [stack.enter_context(bench.peer(kind))] if kind else []
        return _measure(bench, owns, peers)


def where_time_goes(bench: Bench, precision: str) -> dict[str, dict[str, float]]:
    """Return the functions that take the most of a step, with their shares, for one stream and for a crowd."""
    with bench.own(precision) as own:
        return {f"streams_{count}": _profile(bench, own, count) for count in (1, CROWD)}


def _profile(bench: Bench, own: Contender, count: int) -> dict[str, float]:
    own.call("start", num_streams=count, num_tokens=CONTEXT)
    own.call("decode", num_steps=WARM_UP.own_steps)
    found: dict[str, float] = own.call("profile", num_steps=bench.effort.slow_steps)
    own.call("stop")
    return found


def against_eager(bench: Bench, precision: str) -> dict[str, Rates]:
    """Measure our engine and the model in the original's style in turn."""
    with bench.own(precision) as own, bench.eager() as eager:
        return _measure(bench, [own], [eager])


def against_llama(bench: Bench, kind: str, precision: str) -> dict[str, Rates]:
    """Measure our engine and llama.cpp in turn, on ChatGLM3's shape."""
    with bench.own(precision) as own, bench.llama(kind) as llama:
        return _measure(bench, [own, llama], [])


def _measure(bench: Bench, crowds: Sequence[Contender], singles: Sequence[Contender]) -> dict[str, Rates]:
    """Measure round by round those that serve many at once, and those that serve one; an earlier, short round warms
    all up and is not counted."""
    rates = {one.name: Rates() for one in (*crowds, *singles)}
    _measure_round(replace(bench, effort=WARM_UP), crowds, singles, {one.name: Rates() for one in (*crowds, *singles)})
    for number in range(1, bench.effort.rounds + 1):
        _measure_round(bench, crowds, singles, rates)
        print(f"round {number}: { {name: _latest(rate) for name, rate in rates.items()} }", file=sys.stderr, flush=True)
    for one in (*crowds, *singles):
        rates[one.name].resident_gb = one.resident_gb()
    return rates


def _measure_round(
    bench: Bench, crowds: Sequence[Contender], singles: Sequence[Contender], rates: Mapping[str, Rates]
) -> None:
    for one in crowds:
        _measure_crowd(bench, one, rates[one.name])
    for one in singles:
        _measure_single(bench, one, rates[one.name])


def _latest(rates: Rates) -> dict[str, float]:
    found = {"prefill_256": rates.prefill_256, "decode_1": rates.decode_1, "decode_8": rates.decode_8}
    return {name: round(values[-1], 2) for name, values in found.items() if values}


def _measure_crowd(bench: Bench, one: Contender, rates: Rates) -> None:
    steps = bench.effort.own_steps
    rates.prefill_256.append(PROMPT / one.call("prefill", prompt=prompt_of(bench.shape.config, PROMPT)))
    for count, decode, overhead in (
        (1, rates.decode_1, rates.overhead_1),
        (CROWD, rates.decode_8, rates.overhead_8),
    ):
        one.call("start", num_streams=count, num_tokens=CONTEXT)
        decode.append(count / statistics.median(one.call("decode", num_steps=steps)))
        if one.name in PRECISIONS:
            whole, alone = one.call("overhead", num_rows=count, num_steps=steps)
            overhead.append(statistics.median(alone) / statistics.median(whole))
        one.call("stop")


def _measure_single(bench: Bench, one: Contender, rates: Rates) -> None:
    rates.prefill_256.append(PROMPT / one.call("prefill", prompt=prompt_of(bench.shape.config, PROMPT)))
    one.call("prefill", prompt=prompt_of(bench.shape.config, CONTEXT))
    taken = one.call("decode", num_steps=bench.effort.slow_steps)
    rates.decode_1.append(1 / statistics.median(taken))


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of the rounds' ratios, and the smallest and largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> "Ratio":
        """Divide round by round."""
        return cls.over([one / other for one, other in zip(ours, theirs, strict=True)])

    @classmethod
    def over(cls, values: Sequence[float]) -> "Ratio":
        """Sum up what each round gave."""
        return cls(round(statistics.median(values), 3), round(min(values), 3), round(max(values), 3))


def decode_1_vs_peer(own: Rates, peer: Rates) -> Ratio:
    """One stream's tokens a second by those of chatglm.cpp q4_0: whole engine steps, sampled, by its greedy tokens."""
    return Ratio.of(own.decode_1, peer.decode_1)


def decode_8_vs_peer(own: Rates, peer: Rates) -> Ratio:
    """Tokens a second of 8 streams together by those of chatglm.cpp q4_0, which serves them one after another: however
    many they are, it makes as many tokens a second as for one."""
    return Ratio.of(own.decode_8, peer.decode_1)


def prefill_256_vs_peer(own: Rates, peer: Rates) -> Ratio:
    """Tokens a second of reading a prompt of 256, up to its first new token, by those of chatglm.cpp q4_0."""
    return Ratio.of(own.prefill_256, peer.prefill_256)


def batch_8_vs_eager(own: Rates, eager: Rates) -> Ratio:
    """Tokens a second of 8 streams together by those of the bfloat16 model in the original's style, which answers one
    at a time."""
    return Ratio.of(own.decode_8, eager.decode_1)


def overhead(rates: Rates, crowd: bool) -> Ratio:
    """The share of a whole engine step that its own linear layers take when they run alone, one after another, on as
    many rows: 1.0 would be an engine that costs nothing. Measured in turn, step by step."""
    return Ratio.over(rates.overhead_8 if crowd else rates.overhead_1)


def raw(rates: Mapping[str, Rates]) -> dict[str, dict[str, float]]:
    """Return the medians of each contender."""
    return {who: _medians(rate) | {"resident_gb": rate.resident_gb} for who, rate in rates.items()}


def _medians(rates: Rates) -> dict[str, float]:
    named = {"decode_1": rates.decode_1, "decode_8": rates.decode_8, "prefill_256": rates.prefill_256}
    return {f"{name}_tok_s": round(statistics.median(values), 2) for name, values in named.items() if values}
