"""Published quantised checkpoints and tuned prefixes: loaded as they are, they compute what the authors' code does."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from glmbot.errors import CheckpointError
from glmbot.serving.engine.decoder import CausalDecoder, ChatGLMDecoder
from glmbot.serving.loading.precision import Precision
from glmbot.serving.loading.weights import load_model
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.registry import ChatGLMNetwork

CPU = torch.device("cpu")
TOLERANCE = 1e-4
QUANTISED = ["v1_int8", "v1_int4", "v2_int8", "v2_int4", "v3_int4"]
TUNED = ["v1_ptuning", "v1_ptuning_projection", "v2_ptuning", "v2_ptuning_projection"]


def compare_cases(model: ChatGLMNetwork, directory: Path) -> None:
    """Compare the logits of all cases that have them in full."""
    tensors = load_file(directory / "cases.safetensors")
    for name, facts in json.loads((directory / "cases.json").read_text(encoding="utf-8")).items():
        fields = {key.removeprefix(f"{name}/"): tensor for key, tensor in tensors.items() if key.startswith(f"{name}/")}
        given = {key: fields[key] for key in ("attention_mask", "position_ids") if key in fields}
        is_given = facts.get("mask_position_ids_given", True)
        with torch.inference_mode():
            logits = model(fields["input_ids"], **(given if is_given else {})).logits
        if "logits" in fields:
            assert (logits - fields["logits"]).abs().max() <= TOLERANCE, name


@pytest.mark.parametrize("name", QUANTISED)
def test_a_quantised_checkpoint_computes_what_was_published(shared: Path, name: str) -> None:
    compare_cases(load_model(shared / name, Precision.FP32, CPU), shared / name)


@pytest.mark.parametrize("name", TUNED)
def test_a_prefix_is_read_over_a_base_model(shared: Path, tmp_path: Path, name: str) -> None:
    base = base_of(shared / name, tmp_path)
    prefix = shared / name / "prefix_encoder_only.safetensors"
    compare_cases(load_model(base, Precision.FP32, CPU, prefix=prefix), shared / name)


def test_a_prefix_is_found_in_a_tuned_checkpoint(shared: Path, tmp_path: Path) -> None:
    base = base_of(shared / "v1_ptuning", tmp_path)
    tuned = tmp_path / "tuned"
    tuned.mkdir()
    shutil.copy(shared / "v1_ptuning" / "model.safetensors", tuned)
    compare_cases(load_model(base, Precision.FP32, CPU, prefix=tuned), shared / "v1_ptuning")


def base_of(tuned: Path, tmp_path: Path) -> Path:
    """Write a tuned checkpoint without its prefix."""
    base = tmp_path / "base"
    base.mkdir()
    tensors = load_file(tuned / "model.safetensors")
    save_file({key: value for key, value in tensors.items() if "prefix" not in key}, base / "model.safetensors")
    config = json.loads((tuned / "config.json").read_text())
    config |= {"pre_seq_len": None, "prefix_projection": False}
    (base / "config.json").write_text(json.dumps(config))
    return base


def test_a_prefix_of_another_model_is_refused(shared: Path) -> None:
    prefix = shared / "v2_ptuning" / "prefix_encoder_only.safetensors"
    with pytest.raises(CheckpointError, match=r"prefix_encoder_only.*prefix_encoder\.embedding\.weight"):
        load_model(shared / "v1_tiny", Precision.FP32, CPU, prefix=prefix)


def test_a_file_without_a_prefix_is_refused(shared: Path) -> None:
    with pytest.raises(CheckpointError, match="no tensor of a prefix encoder"):
        load_model(shared / "v1_tiny", Precision.FP32, CPU, prefix=shared / "v1_tiny" / "model.safetensors")


@pytest.mark.parametrize("name", ["v1_tiny", "v1_ptuning", "v2_tiny", "v2_ptuning", "v3_tiny", *QUANTISED])
def test_the_decoder_gives_the_published_tokens(shared: Path, name: str) -> None:
    model = load_model(shared / name, Precision.FP32, CPU)
    tensors = load_file(shared / name / "cases.safetensors")
    case = "single_gmask" if name.startswith("v1") else "single"
    prompt, expected = tensors[f"{case}/input_ids"], tensors[f"{case}/greedy_new_tokens"]
    with torch.inference_mode():
        assert greedy(model, prompt[0].tolist(), expected.shape[1]) == expected[0].tolist()


def greedy(model: ChatGLMNetwork, prompt: list[int], length: int) -> list[int]:
    is_first = isinstance(model, ChatGLMForConditionalGeneration)
    decoder = ChatGLMDecoder(model) if is_first else CausalDecoder(model)
    tokens = [int(decoder.prefill(prompt).argmax())]
    while len(tokens) < length:
        tokens.append(int(decoder.decode(tokens[-1]).argmax()))
    return tokens


@pytest.mark.parametrize("name", ["v1_int8", "v2_int4"])
def test_a_missing_scale_is_named(shared: Path, tmp_path: Path, name: str) -> None:
    broken = changed(shared / name, tmp_path, drop=".weight_scale")
    with pytest.raises(CheckpointError, match=r"lack '.*\.weight_scale'"):
        load_model(broken, Precision.FP32, CPU)


def test_int8_weights_without_a_word_in_the_configuration_are_named(shared: Path, tmp_path: Path) -> None:
    broken = changed(shared / "v1_int8", tmp_path, quantization_bit=0)
    with pytest.raises(CheckpointError, match=r"query_key_value\.weight|'.*weight.*quantization_bit"):
        load_model(broken, Precision.FP32, CPU)


@pytest.mark.parametrize("bits", [3, 16, "4"])
def test_other_bits_are_refused(shared: Path, tmp_path: Path, bits: object) -> None:
    with pytest.raises(CheckpointError, match="'quantization_bit' is"):
        load_model(changed(shared / "v1_int8", tmp_path, quantization_bit=bits), Precision.FP32, CPU)


def changed(source: Path, tmp_path: Path, *, drop: str = "no tensor", **settings: object) -> Path:
    """Copy a checkpoint with other settings, or without the first tensor whose name ends so."""
    target = tmp_path / "changed"
    target.mkdir()
    tensors: dict[str, Tensor] = load_file(source / "model.safetensors")
    dropped = next((name for name in tensors if name.endswith(drop)), None)
    save_file({key: value for key, value in tensors.items() if key != dropped}, target / "model.safetensors")
    config = json.loads((source / "config.json").read_text()) | settings
    (target / "config.json").write_text(json.dumps(config))
    return target
