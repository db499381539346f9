"""What a GPU could do at best, and what the engine makes of it on random weights."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import torch
from torch import nn

from engine_parts.crowds import has_generated, new_request
from engine_parts.own import linear_layers
from engine_parts.shape import SPREAD, Shape, prompt_of
from glmbot.serving.engine.captured import GraphCapture, eager
from glmbot.serving.engine.engine import Engine
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.models.quantize import QuantisedLinear, quantise_blocks
from glmbot.serving.models.registry import ChatGLMNetwork, build_empty

MAX_LENGTH = 2048
_NUM_RUNS = 5
_PROMPT = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What the device does at best: bytes a second from its memory, and operations a second in bfloat16."""

    bandwidth: float
    peak: float

    def seconds(self, num_bytes: float, num_operations: float) -> float:
        """Return how long something takes that reads so much and computes so much."""
        return max(num_bytes / self.bandwidth, num_operations / self.peak)


@dataclass(frozen=True, slots=True)
class Effort:
    """How large all that is measured is; tests have less."""

    num_copied_bytes: int = 1 << 31
    matrix_size: int = 8192
    num_steps: int = 48
    num_streams: int = 64
    num_seen: int = 1024
    """Tokens that each of the streams has when the last step is measured."""
    num_prompt: int = 2048


def limits(device: torch.device, effort: Effort) -> Limits:
    """Measure a copy, which reads and writes, and a product of large matrices."""
    source = torch.ones(effort.num_copied_bytes, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    size = effort.matrix_size
    matrix = torch.ones(size, size, dtype=torch.bfloat16, device=device)
    copied = min(seconds(device, lambda: target.copy_(source)) for _ in range(_NUM_RUNS))
    multiplied = min(seconds(device, lambda: matrix @ matrix) for _ in range(_NUM_RUNS))
    return Limits(2 * effort.num_copied_bytes / copied, 2 * size**3 / multiplied)


def seconds(device: torch.device, work: Callable[[], object]) -> float:
    """Return the seconds that something takes on the device."""
    _wait_for(device)
    began = time.perf_counter()
    work()
    _wait_for(device)
    return time.perf_counter() - began


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class OnDevice:
    """The engine on random weights in bfloat16, or with its linear layers in fewer bits, as loading makes them."""

    def __init__(self, shape: Shape, bits: int | None, device: torch.device, effort: Effort) -> None:
        self._device, self._effort, self._config = device, effort, shape.config
        network = _random_network(shape, bits, device)
        self._layers = list(linear_layers(network))
        self._weight_bytes = sum(map(_num_bytes, self._layers))
        for layer in self._layers:
            if isinstance(layer, QuantisedLinear):
                layer.hurry()
        self._model = ServedModel(network, (), MAX_LENGTH, KvPrecision.FULL)
        self._model.end_tokens = frozenset()  # answers end when they are told to
        prompt = prompt_of(self._config, _PROMPT)
        self._model.prepare(prompt)
        num_tokens = max(effort.num_streams, 1) * MAX_LENGTH
        self._model.use_slots(prompt, num_tokens, GraphCapture(device) if device.type == "cuda" else eager)

    def decode(self, num_streams: int, num_seen: int, found: Limits) -> tuple[float, float]:
        """Return the tokens a second of so many streams that have so many tokens, and the share of what could be."""
        num_steps = self._effort.num_steps
        engine = self._begun(num_streams, num_seen - 2 * num_steps)
        for _ in range(num_steps):
            engine.step()  # captures, where it must
        taken = median(seconds(self._device, engine.step) for _ in range(num_steps))
        num_bytes = self._weight_bytes + num_streams * num_seen * self._model.bytes_per_token
        limit = found.seconds(num_bytes, num_streams * self._operations(num_seen))
        return num_streams / taken, limit / taken

    def prefill(self, found: Limits) -> tuple[float, float]:
        """Return the tokens a second of reading a prompt, and the share of the peak."""
        num_tokens = self._effort.num_prompt
        prompt = prompt_of(self._config, num_tokens)
        with torch.inference_mode():
            taken = min(
                seconds(self._device, lambda: self._model.new_decoder(prompt).prefill(prompt)) for _ in range(_NUM_RUNS)
            )
        head = 2 * (num_tokens - 1) * self._config.vocab_size * self._config.hidden_size  # only the last token's
        num_operations = num_tokens * self._operations(num_tokens) - head
        return num_tokens / taken, found.seconds(self._weight_bytes, num_operations) / taken

    def _operations(self, num_seen: int) -> float:
        """Return the operations of one token that sees so many: its products, and its attention to them."""
        products = sum(_size(layer) for layer in self._layers)
        return 2.0 * products + 4.0 * self._config.num_layers * num_seen * self._config.hidden_size

    def _begun(self, num_streams: int, num_prompt: int) -> Engine:
        engine = Engine(self._model, num_streams, places=self._model.places)
        for number in range(num_streams):
            prompt = prompt_of(self._config, num_prompt, number)
            engine.add(number, new_request(prompt, MAX_LENGTH - num_prompt, f"sender {number}", number))
        waiting = set(range(num_streams))
        while waiting:
            for output in engine.step():
                if output.finish == "error":
                    raise RuntimeError(f"sequence {output.sequence_id} failed")
                waiting -= {output.sequence_id} if has_generated(output) else set()
        return engine


def _random_network(shape: Shape, bits: int | None, device: torch.device) -> ChatGLMNetwork:
    """Return a network whose blocks have so many bits, None for bfloat16; the head has 8 of them then."""
    torch.manual_seed(1)
    network = build_empty(shape.config).to(torch.bfloat16).to_empty(device=device).eval()
    for name, weight in network.named_parameters():
        weight.requires_grad_(False)
        weight.fill_(1) if "layernorm.weight" in name else weight.normal_(0, SPREAD)
    if bits:
        quantise_blocks(network, bits)
        head = QuantisedLinear.shaped_like(network.lm_head, 8)
        head.assign(network.lm_head.weight)
        network.lm_head = head
    return network


def _num_bytes(layer: nn.Module) -> int:
    weight = layer.weight
    assert isinstance(weight, torch.Tensor)
    return weight.nbytes


def _size(layer: nn.Module) -> int:
    return int(layer.in_features) * int(layer.out_features)  # type: ignore[arg-type]


def figures(shape: Shape, device: torch.device, effort: Effort) -> Iterator[tuple[str, float]]:
    """Measure all, and yield a name and a number each; shares are of the limits, which come first."""
    found = limits(device, effort)
    yield "bandwidth_gb_s", found.bandwidth / 1e9
    yield "peak_tflop_s", found.peak / 1e12
    for name, bits in (("bf16", None), ("int8", 8), ("int4", 4)):
        model = OnDevice(shape, bits, device, effort)
        one = model.decode(1, _PROMPT + 2 * effort.num_steps, found)
        many = model.decode(effort.num_streams, effort.num_seen, found)
        read = model.prefill(found)
        for figure, (rate, share) in (("decode_1", one), (f"decode_{effort.num_streams}", many), ("prefill", read)):
            yield f"{figure}_{name}_tokens_s", rate
            yield f"{figure}_{name}_share", share
        del model
        if device.type == "cuda":
            torch.cuda.empty_cache()
