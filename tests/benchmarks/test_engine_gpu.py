"""The figures of a GPU are computed rightly, and a machine that has none is told so."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from engine_parts.gpu import Effort, Limits, OnDevice, figures
from engine_parts.shape import Shape

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "engine_gpu.py"
TINY = Shape(num_layers=2, hidden_size=256, num_attention_heads=2, vocab_size=512)
EFFORT = Effort(1 << 16, 64, num_steps=2, num_streams=3, num_seen=20, num_prompt=40)
CPU = torch.device("cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU on this machine, and it would be measured")
def test_without_a_gpu_it_ends_with_one_line() -> None:
    found = subprocess.run([sys.executable, SCRIPT, "--json"], capture_output=True, text=True, timeout=300)
    assert found.returncode == 1
    assert found.stderr.splitlines() == ["engine_gpu measures an NVIDIA GPU, and torch sees none on this machine"]
    assert not found.stdout


def test_the_slower_of_reading_and_computing_is_the_limit() -> None:
    limits = Limits(bandwidth=100.0, peak=1000.0)
    assert limits.seconds(200, 1000) == 2
    assert limits.seconds(200, 5000) == 5


def test_all_figures_are_there() -> None:
    """On the processor, in small: what they say means nothing there."""
    found = dict(figures(TINY, CPU, EFFORT))
    kinds = [f"{figure}_{bits}" for bits in ("bf16", "int8", "int4") for figure in ("decode_1", "decode_3", "prefill")]
    expected = {f"{kind}_{what}" for kind in kinds for what in ("tokens_s", "share")}
    assert found.keys() == expected | {"bandwidth_gb_s", "peak_tflop_s"}
    assert all(number > 0 for number in found.values())


def test_bytes_and_operations_are_those_of_the_weights() -> None:
    model = OnDevice(TINY, None, CPU, EFFORT)
    size = 2 * (12 * 256**2) + 512 * 256  # 12 C^2 a block, and the head
    assert model._weight_bytes == 2 * size
    assert model._operations(10) == 2 * size + 4 * 2 * 10 * 256
