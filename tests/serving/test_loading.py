"""What is chosen when a checkpoint is loaded."""

from pathlib import Path

import pytest
import torch

from glmbot.errors import CheckpointError, ConfigError
from glmbot.serving.engine.sequence import Sampling
from glmbot.serving.loading import choose_device, choose_dtype, default_sampling


@pytest.mark.parametrize(
    ("content", "sampling"),
    [
        (None, Sampling(0.95, 0.7, 50)),
        ("{}", Sampling(0.95, 0.7, 50)),
        ('{"eos_token_id": 5, "_from_model_config": true}', Sampling(0.95, 0.7, 50)),
        ('{"do_sample": false}', Sampling(0.0, 0.7, 50)),
        ('{"do_sample": true, "temperature": 0.5, "top_p": 0.9, "top_k": 0}', Sampling(0.5, 0.9, 0)),
    ],
)
def test_the_checkpoint_says_how_it_is_sampled(tmp_path: Path, content: str | None, sampling: Sampling) -> None:
    if content is not None:
        (tmp_path / "generation_config.json").write_text(content, encoding="utf-8")
    assert default_sampling(tmp_path) == sampling


@pytest.mark.parametrize("content", ['{"top_p": 7}', '{"top_p": null}', "[]", "{"])
def test_a_wrong_generation_config_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "generation_config.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"generation_config\.json"):
        default_sampling(tmp_path)


@pytest.mark.parametrize("name", ["cuda:99", "tpu", "mps", "gpu 1"])
def test_a_device_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        choose_device(name)


def test_the_cpu_can_be_asked_for() -> None:
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("device", "size_bytes", "dtype"),
    [("cpu", 400_000_000, torch.float32), ("cpu", 600_000_000, torch.bfloat16), ("cuda", 1, torch.float16)],
)
def test_precision_follows_device_and_size(tmp_path: Path, device: str, size_bytes: int, dtype: torch.dtype) -> None:
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(size_bytes)
    assert choose_dtype(tmp_path, torch.device(device)) == dtype
