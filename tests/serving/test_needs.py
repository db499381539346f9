"""How much memory there is, what models need, and what is chosen by it."""

from pathlib import Path

import pytest
import torch

from glmbot.checkpoints.machine import SystemFiles
from glmbot.errors import CheckpointError
from glmbot.serving.loading.layout import Layout
from glmbot.serving.loading.memory import available_bytes, peak_bytes, resident_bytes
from glmbot.serving.loading.needs import check_memory, choose_kv, choose_precision, conversation_bytes
from glmbot.serving.loading.precision import KvPrecision, Precision
from glmbot.serving.loading.weights import load_model, needs_of
from glmbot.serving.models.config import ChatGLMConfig

CPU = torch.device("cpu")
TRUE_SHAPE = ChatGLMConfig()
GB = 10**9


def machine(root: Path, free_kb: int, groups: dict[str, str] | None = None, own: str = "0::/") -> SystemFiles:
    files = SystemFiles(root / "proc", root / "cgroup")
    (files.proc / "self").mkdir(parents=True)
    (files.proc / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable:   {free_kb} kB\n")
    (files.proc / "self" / "cgroup").write_text(f"{own}\n")
    for name, content in (groups or {}).items():
        (files.cgroup / name).parent.mkdir(parents=True, exist_ok=True)
        (files.cgroup / name).write_text(content)
    return files


@pytest.mark.parametrize(
    ("groups", "own", "expected"),
    [
        ({}, "0::/", 8_000_000 * 1024),
        ({"memory.max": "max", "memory.current": "5"}, "0::/", 8_000_000 * 1024),
        ({"a/memory.max": "3000", "a/memory.current": "1000"}, "0::/a/b", 2000),
        (
            {"a/memory.max": "3000", "a/memory.current": "1000", "a/memory.stat": "inactive_file 400\n"},
            "0::/a",
            2400,
        ),
        (
            {"memory/c/memory.limit_in_bytes": "5000", "memory/c/memory.usage_in_bytes": "1"},
            "4:cpu,memory:/c",
            4999,
        ),
    ],
)
def test_the_least_of_machine_and_control_groups_is_available(
    tmp_path: Path, groups: dict[str, str], own: str, expected: int
) -> None:
    assert available_bytes(CPU, machine(tmp_path, 8_000_000, groups, own)) == expected


def test_a_system_that_does_not_tell_is_believed_to_have_room(tmp_path: Path) -> None:
    assert available_bytes(CPU, SystemFiles(tmp_path, tmp_path)) is None
    assert peak_bytes(SystemFiles(tmp_path)) == resident_bytes(SystemFiles(tmp_path)) == 0


@pytest.mark.parametrize(
    ("precision", "least", "most"),
    [
        (Precision.BF16, 12.8, 13.5),
        (Precision.FP16, 13.2, 14.0),
        (Precision.INT8, 6.6, 7.4),
        (Precision.INT4, 3.8, 4.4),
    ],
)
def test_the_true_model_needs_what_it_is_known_to(precision: Precision, least: float, most: float) -> None:
    assert least * GB <= needs_of(TRUE_SHAPE, CPU)(precision) <= most * GB


def test_a_full_conversation_of_the_true_model_takes_0_94_gb() -> None:
    assert conversation_bytes(TRUE_SHAPE, KvPrecision.HALF, torch.float32) == 939_524_096
    assert conversation_bytes(TRUE_SHAPE, KvPrecision.FULL, torch.float16) == 939_524_096


@pytest.mark.parametrize(
    ("free_gb", "precision"),
    [(40, Precision.FP16), (12, Precision.INT8), (6, Precision.INT4), (1, Precision.INT4), (None, Precision.FP16)],
)
def test_the_most_exact_precision_that_fits_is_chosen(free_gb: int | None, precision: Precision) -> None:
    available = None if free_gb is None else free_gb * GB
    choice = choose_precision(needs_of(TRUE_SHAPE, CPU), CPU, available, stored_bits=None)
    assert choice.precision == precision
    assert choice.reason


def test_a_small_model_stays_exact_and_a_quantised_one_as_it_is(golden: Path) -> None:
    small = ChatGLMConfig(vocab_size=1000, hidden_size=64, num_layers=2, num_attention_heads=4, inner_hidden_size=256)
    assert choose_precision(needs_of(small, CPU), CPU, 40 * GB, stored_bits=None).precision == Precision.FP32
    assert choose_precision(needs_of(TRUE_SHAPE, CPU), CPU, 40 * GB, stored_bits=4).precision == Precision.FP32
    assert choose_kv(small, Precision.FP32, CPU) == KvPrecision.FULL


@pytest.mark.parametrize(
    ("free_gb", "remedy"),
    [(14, "fp16 would fit"), (8, "int8 would fit"), (5, "int4 would fit"), (1, "even int4 needs")],
)
def test_too_little_memory_is_refused_with_what_would_fit(free_gb: int, remedy: str) -> None:
    with pytest.raises(
        CheckpointError, match=rf"'models/big' needs 2\d\.\d GB in fp32.*{free_gb}\.0 GB free; {remedy}"
    ):
        check_memory(Path("models/big"), needs_of(TRUE_SHAPE, CPU), Precision.FP32, CPU, free_gb * GB)


def test_a_model_that_does_not_fit_is_not_loaded(golden: Path) -> None:
    with pytest.raises(CheckpointError, match="needs"):
        load_model(golden / "v1_tiny", Precision.FP32, CPU, available=1000)


def test_the_head_stays_in_8_bits_when_the_blocks_have_4() -> None:
    layout = Layout.choose(Precision.INT4, CPU, None, None)
    assert (layout.block_bits, layout.head_bits) == (4, 8)


def test_a_quantised_checkpoint_keeps_its_head_when_nothing_else_is_asked() -> None:
    assert Layout.choose(Precision.FP32, CPU, 4, None).head_bits is None
    assert Layout.choose(Precision.INT4, CPU, 4, None).head_bits == 8
