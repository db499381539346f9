"""LoRA adapters in PEFT's layout: merged, or refused by name."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from glmbot.errors import CheckpointError
from glmbot.serving.loading.precision import Precision
from glmbot.serving.loading.weights import load_model

CPU = torch.device("cpu")
MODULE = "transformer.layers.1.attention.query_key_value"
RANK = 2


@pytest.fixture
def weight(golden: Path) -> Tensor:
    return load_file(golden / "v1_tiny" / "model.safetensors")[f"{MODULE}.weight"].float()


def halves(weight: Tensor) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "lora_A": torch.randn(RANK, weight.shape[1], generator=generator),
        "lora_B": torch.randn(weight.shape[0], RANK, generator=generator),
    }


def write(directory: Path, parts: dict[str, Tensor], *, module: str = MODULE, end: str = "", **settings: Any) -> Path:
    directory.mkdir()
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": 8, "bias": "none", "target_modules": ["query_key_value"]}
    (directory / "adapter_config.json").write_text(json.dumps(config | settings))
    tensors = {f"base_model.model.{module}.{part}{end}.weight": tensor for part, tensor in parts.items()}
    save_file(tensors, directory / "adapter_model.safetensors")
    return directory


def merged(golden: Path, adapter: Path) -> Tensor:
    return load_model(golden / "v1_tiny", torch.float32, CPU, lora=adapter).state_dict()[f"{MODULE}.weight"]


@pytest.mark.parametrize(("settings", "factor"), [({}, 4.0), ({"use_rslora": True}, 8 / math.sqrt(2))])
def test_an_adapter_is_added_with_its_factor(
    golden: Path, tmp_path: Path, weight: Tensor, settings: dict[str, Any], factor: float
) -> None:
    parts = halves(weight)
    expected = weight + factor * parts["lora_B"] @ parts["lora_A"]
    adapter = write(tmp_path / "adapter", parts, **settings)
    assert torch.allclose(merged(golden, adapter), expected, atol=1e-5)


def test_a_transposed_adapter_is_added_transposed(golden: Path, tmp_path: Path, weight: Tensor) -> None:
    parts = halves(weight.T.contiguous())
    expected = weight + 4 * (parts["lora_B"] @ parts["lora_A"]).T
    adapter = write(tmp_path / "adapter", parts, fan_in_fan_out=True)
    assert torch.allclose(merged(golden, adapter), expected, atol=1e-5)


def test_pickled_adapters_and_those_with_a_name_of_their_own_are_read(
    golden: Path, tmp_path: Path, weight: Tensor
) -> None:
    parts = halves(weight)
    plain = write(tmp_path / "plain", parts)
    named = write(tmp_path / "named", parts, end=".default")
    torch.save(load_file(named / "adapter_model.safetensors"), named / "adapter_model.bin")
    (named / "adapter_model.safetensors").unlink()
    assert torch.equal(merged(golden, plain), merged(golden, named))


def test_an_adapter_is_merged_before_the_weights_are_quantised(golden: Path, tmp_path: Path, weight: Tensor) -> None:
    adapter = write(tmp_path / "adapter", halves(weight))
    whole = merged(golden, adapter)
    layer = load_model(golden / "v1_tiny", Precision.INT8, CPU, lora=adapter).get_submodule(MODULE)
    rounded = layer.dequantise(torch.float32)
    assert (rounded - whole).abs().max() <= whole.abs().max() / 127


@pytest.mark.parametrize(
    "module", ["transformer.layers.7.attention.query_key_value", "model.layers.1.self_attn.q_proj"]
)
def test_an_adapter_for_another_model_is_refused(golden: Path, tmp_path: Path, weight: Tensor, module: str) -> None:
    adapter = write(tmp_path / "adapter", halves(weight), module=module)
    with pytest.raises(CheckpointError, match=rf"adapter_model\.safetensors.*'{module}\.weight'.*another model"):
        merged(golden, adapter)


def test_an_adapter_of_another_shape_is_refused(golden: Path, tmp_path: Path) -> None:
    adapter = write(tmp_path / "adapter", halves(torch.zeros(30, 10)))
    with pytest.raises(CheckpointError, match=rf"'{MODULE}\.weight' is \[30, 10\].*\[192, 64\].*another model"):
        merged(golden, adapter)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"use_dora": True}, "use_dora"),
        ({"bias": "all"}, "bias 'all'"),
        ({"peft_type": "IA3"}, "'IA3'"),
        ({"r": 0}, "'r' 0"),
        ({"r": 5}, "rank 5"),
        ({"lora_alpha": None}, "lora_alpha"),
    ],
)
def test_what_cannot_be_merged_is_refused_by_name(
    golden: Path, tmp_path: Path, weight: Tensor, settings: dict[str, Any], named: str
) -> None:
    adapter = write(tmp_path / "adapter", halves(weight), **settings)
    with pytest.raises(CheckpointError, match=named):
        merged(golden, adapter)


def test_half_an_adapter_is_refused(golden: Path, tmp_path: Path, weight: Tensor) -> None:
    parts = halves(weight)
    del parts["lora_B"]
    with pytest.raises(CheckpointError, match=r"only one of lora_A and lora_B"):
        merged(golden, write(tmp_path / "adapter", parts))


def test_an_adapter_with_infinite_weights_is_refused(golden: Path, tmp_path: Path, weight: Tensor) -> None:
    parts = halves(weight)
    parts["lora_A"][0, 0] = math.inf
    with pytest.raises(CheckpointError, match=r"lora_A.*nan or infinite"):
        merged(golden, write(tmp_path / "adapter", parts))


def test_a_directory_without_an_adapter_is_named(golden: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no LoRA adapter"):
        merged(golden, tmp_path)
