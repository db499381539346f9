"""Checkpoints written anew: what is loaded from them is what loading the original gives."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from glmbot.errors import CheckpointError, ConfigError
from glmbot.serving.loading.convert import convert
from glmbot.serving.loading.precision import Precision
from glmbot.serving.loading.weights import load_model, load_tokenizer

CPU = torch.device("cpu")


def weights(directory: Path, precision: Precision) -> dict[str, torch.Tensor]:
    return load_model(directory, precision, CPU).state_dict()


@pytest.mark.parametrize("precision", [Precision.FP16, Precision.INT8, Precision.INT4])
@pytest.mark.parametrize("shard_bytes", [50_000, 10**9])
def test_the_converted_form_loads_as_the_original_does(
    golden: Path, tmp_path: Path, precision: Precision, shard_bytes: int
) -> None:
    target = tmp_path / "new"
    convert(golden / "v1_e2e", target, precision, shard_bytes=shard_bytes)
    original, converted = weights(golden / "v1_e2e", precision), weights(target, precision)
    assert original.keys() == converted.keys()
    assert all(torch.equal(original[name], converted[name]) for name in original)
    assert load_tokenizer(target).encode_text("你好")


def test_a_quantised_checkpoint_is_in_the_published_layout(golden: Path, tmp_path: Path) -> None:
    convert(golden / "v1_e2e", tmp_path / "new", Precision.INT4)
    tensors = load_file(tmp_path / "new" / "model.safetensors")
    name = "transformer.layers.0.mlp.dense_h_to_4h.weight"
    assert (tensors[name].dtype, tensors[f"{name}_scale"].dtype) == (torch.int8, torch.float16)
    config = json.loads((tmp_path / "new" / "config.json").read_text())
    assert (config["quantization_bit"], config["quantization_head_bit"]) == (4, 8)
    assert "auto_map" not in config
    assert not list((tmp_path / "new").glob("*.py"))


def test_published_quantised_weights_are_written_unchanged(shared: Path, tmp_path: Path) -> None:
    convert(shared / "v1_int4", tmp_path / "new", Precision.INT4)
    original = load_file(shared / "v1_int4" / "model.safetensors")
    converted = load_file(tmp_path / "new" / "model.safetensors")
    assert all(
        torch.equal(original[name], converted[name]) for name in original if ".layers." in name and "inv" not in name
    )


def test_what_is_there_is_not_overwritten(golden: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there already"):
        convert(golden / "v1_e2e", tmp_path, Precision.INT8)


def test_a_quantised_checkpoint_is_not_quantised_again(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="from the float16 checkpoint"):
        convert(shared / "v1_int8", tmp_path / "new", Precision.INT4)


def test_nothing_is_left_of_a_conversion_that_failed(golden: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "config.json").write_bytes((golden / "v1_tiny" / "config.json").read_bytes())
    tensors = load_file(golden / "v1_tiny" / "model.safetensors")
    tensors["transformer.layers.2.mlp.dense_h_to_4h.weight"][3, 4] = torch.nan
    save_file(tensors, source / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"layers\.2\.mlp\.dense_h_to_4h\.weight.*nan"):
        convert(source, tmp_path / "new", Precision.INT8)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]
