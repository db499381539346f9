"""How much memory a model needs in each mode, and which mode this machine has room for."""

from dataclasses import dataclass

from glmbot.checkpoints.machine import Machine
from glmbot.checkpoints.progress import size_text
from glmbot.checkpoints.shape import CONVERSATION_TOKENS, Shape

MODES = ("fp32", "fp16", "bf16", "int8", "int4")
_WORKING_BYTES = 500_000_000
"""Activations of a full prompt, and what is read while weights are changed; as in glmbot.serving.loading.needs."""
_SMALL_BYTES = 1_000_000_000
"""Up to here float32 is chosen on CPUs: exact, and the fastest there."""
_DENSE_BYTES = {"fp32": 4, "fp16": 2, "bf16": 2}
_QUANTISED_BITS = {"int8": 8, "int4": 4}
_INT8_KV_BYTES = 1.02
"""With a float16 scale for each head and token; keys and values of quantised modes on CPUs."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a mode takes on a device: the weights, each conversation, and both with the working memory."""

    mode: str
    device: str
    weight_bytes: int
    conversation_bytes: int
    total_bytes: int
    fits: bool | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which device and mode to take, and why; no mode when nothing fits."""

    device: str
    mode: str | None
    reason: str


def needs(shape: Shape, device: str, free: int | None, num_conversations: int) -> list[Need]:
    """Return what each mode of a model takes on "cpu" or "cuda", where `free` bytes are left."""
    return [_need(shape, mode, device, free, num_conversations) for mode in _modes(shape)]


def choose(shape: Shape, machine: Machine, num_conversations: int) -> Choice:
    """Choose as the model server does: the GPU, then the CPU; there the most exact mode that fits."""
    if gpu := machine.best_gpu:
        on_gpu = needs(shape, "cuda", gpu.free_bytes, num_conversations)
        if need := _first_that_fits(on_gpu, ("fp16", "int8", "int4")):
            return Choice("cuda", need.mode, _reason(need, gpu.free_bytes))
    on_cpu = needs(shape, "cpu", machine.free_memory, num_conversations)
    small = next((need for need in on_cpu if need.mode == "fp32" and need.total_bytes < _SMALL_BYTES), None)
    if need := small or _first_that_fits(on_cpu, ("fp16", "int8", "int4")):
        return Choice("cpu", need.mode, _reason(need, machine.free_memory))
    least = min(on_cpu, key=lambda need: need.total_bytes)
    return Choice("cpu", None, f"even {least.mode} {_reason(least, machine.free_memory)}; free memory, or take another")


def _modes(shape: Shape) -> list[str]:
    """Return the modes that a checkpoint can be served in: what is stored in few bits does not widen."""
    if shape.stored_bits:
        return [mode for mode, bits in _QUANTISED_BITS.items() if bits <= shape.stored_bits]
    return [mode for mode in MODES if shape.can_quantise or mode in _DENSE_BYTES]


def _need(shape: Shape, mode: str, device: str, free: int | None, num_conversations: int) -> Need:
    weights = _weight_bytes(shape, mode, device)
    conversation = round(shape.kv_numbers(CONVERSATION_TOKENS) * _kv_bytes(mode, device))
    total = weights + num_conversations * conversation + min(_WORKING_BYTES, weights)
    return Need(mode, device, weights, conversation, total, None if free is None else total <= free)


def _weight_bytes(shape: Shape, mode: str, device: str) -> int:
    """Return what weights take; on CPUs the table of words stays in its file, but for the rows in use."""
    bits = _QUANTISED_BITS.get(mode)
    if bits is None:
        tables = 0 if device == "cpu" and shape.can_quantise and mode != "fp32" else shape.embedding
        return _DENSE_BYTES[mode] * (shape.block_weights + shape.head + tables)
    table = 0 if device == "cpu" else 2 * shape.embedding
    return shape.block_weights * bits // 8 + 2 * shape.block_rows + shape.head + table


def _kv_bytes(mode: str, device: str) -> float:
    if mode in _QUANTISED_BITS:
        return _INT8_KV_BYTES if device == "cpu" else 2
    return _DENSE_BYTES[mode]


def _first_that_fits(found: list[Need], modes: tuple[str, ...]) -> Need | None:
    return next((need for mode in modes for need in found if need.mode == mode and need.fits is not False), None)


def _reason(need: Need, free: int | None) -> str:
    text = f"needs about {size_text(need.total_bytes)}"
    return text if free is None else f"{text} of {size_text(free)} free"
