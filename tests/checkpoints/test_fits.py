"""What a model needs in memory, and which mode a machine has room for."""

from pathlib import Path

import pytest

from glmbot.checkpoints.catalogue import known_model
from glmbot.checkpoints.fits import choose, needs
from glmbot.checkpoints.machine import Gpu, Machine, SystemFiles, find_gpus, free_memory
from glmbot.checkpoints.shape import Shape, shape_of

GB = 10**9


def shape(name: str) -> Shape:
    known = known_model(name)
    assert known is not None
    found = shape_of(known.config)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "kib"), [("chatglm-6b", 448), ("chatglm2-6b", 28), ("chatglm3-6b", 28), ("glm-4-9b-chat", 40)]
)
def test_a_token_takes_what_is_published(name: str, kib: int) -> None:
    assert shape(name).kv_numbers(1) * 2 == kib * 1024


@pytest.mark.parametrize(("mode", "most_gb"), [("int4", 4.4), ("int8", 7.4), ("bf16", 14.0)])
def test_chatglm_6b_with_a_full_conversation_stays_small_on_a_cpu(mode: str, most_gb: float) -> None:
    (need,) = [need for need in needs(shape("chatglm-6b"), "cpu", None, 1) if need.mode == mode]
    assert need.total_bytes <= most_gb * GB
    assert need.fits is None


@pytest.mark.parametrize(
    ("free_gb", "gpu_gb", "expected"),
    [
        (24, 0, ("cpu", "fp16")),
        (10, 0, ("cpu", "int8")),
        (5, 0, ("cpu", "int4")),
        (3, 0, ("cpu", None)),
        (64, 80, ("cuda", "fp16")),
        (64, 8, ("cuda", "int4")),
        (64, 2, ("cpu", "fp16")),
    ],
)
def test_the_most_exact_mode_that_fits_is_chosen(free_gb: int, gpu_gb: int, expected: tuple[str, str | None]) -> None:
    gpus = [Gpu("card", 80 * GB, gpu_gb * GB)] if gpu_gb else []
    choice = choose(shape("chatglm-6b"), Machine(free_gb * GB, gpus), 1)
    assert (choice.device, choice.mode) == expected


def test_more_conversations_need_more() -> None:
    one, eight = (needs(shape("chatglm-6b"), "cuda", None, count)[1].total_bytes for count in (1, 8))
    assert eight - one == 7 * 2048 * 448 * 1024


def test_a_quantised_checkpoint_is_not_offered_wider() -> None:
    assert [need.mode for need in needs(shape("chatglm-6b-int4"), "cpu", None, 1)] == ["int4"]
    assert [need.mode for need in needs(shape("glm-4-9b-chat"), "cpu", None, 1)] == ["fp32", "fp16", "bf16"]


@pytest.mark.parametrize("config", [{}, {"inner_hidden_size": "x"}, {"padded_vocab_size": -1}, {"hidden_size": True}])
def test_a_configuration_without_sizes_tells_none(config: dict[str, object]) -> None:
    assert shape_of(config) is None


def test_a_control_group_limits_what_is_free(tmp_path: Path) -> None:
    files = SystemFiles(tmp_path / "proc", tmp_path / "cgroup")
    (files.proc / "self").mkdir(parents=True)
    (files.proc / "meminfo").write_text("MemTotal: 90 kB\nMemAvailable: 8000 kB\n", encoding="ascii")
    assert free_memory(files) == 8_192_000
    (files.proc / "self" / "cgroup").write_text("0::/box\n", encoding="ascii")
    (files.cgroup / "box").mkdir(parents=True)
    (files.cgroup / "box" / "memory.max").write_text("5000\n", encoding="ascii")
    (files.cgroup / "box" / "memory.current").write_text("3000\n", encoding="ascii")
    (files.cgroup / "box" / "memory.stat").write_text("inactive_file 500\n", encoding="ascii")
    assert free_memory(files) == 2500


def test_gpus_are_read_from_the_tool_of_their_maker(tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        "#!/bin/sh\necho 'NVIDIA H100 80GB HBM3, 81559, 80000'\necho 'Broken, [N/A], 3'\n", encoding="ascii"
    )
    tool.chmod(0o755)
    assert find_gpus(str(tool)) == [Gpu("NVIDIA H100 80GB HBM3", 81559 << 20, 80000 << 20)]
    assert find_gpus(str(tmp_path / "none")) == []
