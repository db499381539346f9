"""Checkpoints that are broken in some way, and those that are not."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from glmbot.errors import CheckpointError
from glmbot.serving.loading.weights import load_config, load_model, load_tokenizer

CPU = torch.device("cpu")
BIAS = "transformer.layers.1.attention.dense.bias"


@pytest.fixture
def checkpoint(golden: Path, tmp_path: Path) -> Path:
    """A sound checkpoint that a test may break."""
    directory = tmp_path / "checkpoint"
    shutil.copytree(golden / "v1_e2e", directory)
    return directory


@pytest.fixture
def shards(checkpoint: Path) -> Path:
    """The same in two pickles with an index, as the published model comes."""
    tensors = load_file(checkpoint / "model.safetensors")
    (checkpoint / "model.safetensors").unlink()
    places = {name: f"pytorch_model-0000{1 + index % 2}-of-00002.bin" for index, name in enumerate(tensors)}
    for file in set(places.values()):
        torch.save({name: tensors[name] for name in tensors if places[name] == file}, checkpoint / file)
    (checkpoint / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return checkpoint


def load(directory: Path) -> dict[str, torch.Tensor]:
    return load_model(directory, torch.float32, CPU).state_dict()


def change_config(directory: Path, **changes: Any) -> None:
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_weights(directory: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    tensors = load_file(directory / "model.safetensors")
    change(tensors)
    save_file(tensors, directory / "model.safetensors")


def test_shards_give_what_one_file_gives(golden: Path, shards: Path) -> None:
    whole, sharded = load(golden / "v1_e2e"), load(shards)
    assert whole.keys() == sharded.keys()
    assert all(torch.equal(whole[name], sharded[name]) for name in whole)


def test_weights_come_in_the_precision_asked_for(golden: Path) -> None:
    model = load_model(golden / "v1_e2e", torch.bfloat16, CPU)
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    assert not model.training
    assert not any(weight.requires_grad for weight in model.parameters())


def test_a_pickle_of_before_torch_1_6_is_read(shards: Path) -> None:
    for path in shards.glob("*.bin"):
        torch.save(torch.load(path, weights_only=True), path, _use_new_zipfile_serialization=False)
    assert load(shards).keys()


def test_a_missing_shard_is_named(shards: Path) -> None:
    (shards / "pytorch_model-00002-of-00002.bin").unlink()
    with pytest.raises(CheckpointError, match=r"00002-of-00002\.bin.*missing.*fetch"):
        load(shards)


@pytest.mark.parametrize("name", ["../secret.bin", "/etc/passwd"])
def test_an_index_cannot_point_elsewhere(shards: Path, name: str) -> None:
    (shards / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(CheckpointError, match="not beside it"):
        load(shards)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"weight_map": [1]}', '{"weight_map": {"a": 1}}'])
def test_a_broken_index_is_named(shards: Path, content: str) -> None:
    (shards / "pytorch_model.bin.index.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"bin\.index\.json"):
        load(shards)


@pytest.mark.parametrize("num_bytes", [0, 7, 1000, 200_000])
def test_a_file_cut_short_is_named(checkpoint: Path, num_bytes: int) -> None:
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:num_bytes])
    with pytest.raises(CheckpointError, match=r"model\.safetensors.*damaged or cut short.*fetch"):
        load(checkpoint)


@pytest.mark.parametrize("num_bytes", [0, 3, 100, 50_000])
def test_a_pickle_cut_short_is_named(shards: Path, num_bytes: int) -> None:
    path = shards / "pytorch_model-00001-of-00002.bin"
    path.write_bytes(path.read_bytes()[:num_bytes])
    with pytest.raises(CheckpointError, match=r"00001-of-00002\.bin.*damaged"):
        load(shards)


class Trap:
    """Opens a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_pickle_that_runs_code_is_not_run(shards: Path, tmp_path: Path, is_zip: bool) -> None:
    for path in shards.glob("*.bin"):
        torch.save({"a": Trap(tmp_path / "sprung")}, path, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(CheckpointError, match="would run code"):
        load(shards)
    for path in shards.glob("*.bin"):
        path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung"), protocol=2))
    with pytest.raises(CheckpointError, match="would run code"):
        load(shards)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", [[torch.zeros(1)], {"a": 1}, {1: torch.zeros(1)}])
def test_a_pickle_without_named_tensors_is_named(shards: Path, content: object) -> None:
    torch.save(content, shards / "pytorch_model-00001-of-00002.bin")
    with pytest.raises(CheckpointError, match=r"00001-of-00002\.bin"):
        load(shards)


def test_a_missing_tensor_is_named(checkpoint: Path) -> None:
    change_weights(checkpoint, lambda tensors: tensors.pop(BIAS))
    with pytest.raises(CheckpointError, match=rf"lack '{BIAS}';"):
        load(checkpoint)


def test_many_missing_tensors_are_counted(checkpoint: Path) -> None:
    change_config(checkpoint, num_layers=5)
    with pytest.raises(CheckpointError, match=r"and \d+ more"):
        load(checkpoint)


def test_an_unknown_tensor_is_named(checkpoint: Path) -> None:
    change_weights(checkpoint, lambda tensors: tensors.update(stranger=torch.zeros(2)))
    with pytest.raises(CheckpointError, match=r"model\.safetensors.*'stranger' does not belong"):
        load(checkpoint)


@pytest.mark.parametrize("tensor", [torch.zeros(7), torch.zeros(48, dtype=torch.int8)])
def test_a_misshaped_tensor_is_named(checkpoint: Path, tensor: torch.Tensor) -> None:
    change_weights(checkpoint, lambda tensors: tensors.update({BIAS: tensor}))
    with pytest.raises(CheckpointError, match=rf"'{BIAS}' is .*\[48\]"):
        load(checkpoint)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(checkpoint: Path, name: str) -> None:
    (checkpoint / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load(checkpoint)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"model_type": "llama"}', b'{"num_layers": 3}'])
def test_a_broken_config_is_named(checkpoint: Path, content: bytes) -> None:
    (checkpoint / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load(checkpoint)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_size": "48"},
        {"hidden_size": 0},
        {"num_layers": -1},
        {"num_attention_heads": 5},
        {"num_attention_heads": 0},
        {"vocab_size": None},
        {"layernorm_epsilon": "small"},
    ],
)
def test_sizes_that_fit_no_model_are_named(checkpoint: Path, changes: dict[str, Any]) -> None:
    change_config(checkpoint, **changes)
    with pytest.raises(CheckpointError, match=next(iter(changes))):
        load_config(checkpoint)


def test_code_that_comes_with_a_checkpoint_is_ignored(checkpoint: Path) -> None:
    assert "auto_map" in (checkpoint / "config.json").read_text()
    for name in ("modeling_chatglm.py", "configuration_chatglm.py", "tokenization_chatglm.py"):
        (checkpoint / name).write_text("raise SystemExit('code of the checkpoint was run')")
    load(checkpoint)
    assert load_tokenizer(checkpoint)("你好")["input_ids"]


@pytest.mark.parametrize("name", ["ice_text.model", "tokenizer_config.json"])
def test_a_broken_tokenizer_is_named(checkpoint: Path, name: str) -> None:
    (checkpoint / name).write_bytes(b"{")
    with pytest.raises(CheckpointError, match=name):
        load_tokenizer(checkpoint)


def test_a_missing_vocabulary_is_named(checkpoint: Path) -> None:
    (checkpoint / "ice_text.model").unlink()
    with pytest.raises(CheckpointError, match=r"ice_text\.model.*missing"):
        load_tokenizer(checkpoint)


def test_a_tokenizer_of_another_revision_is_refused(checkpoint: Path) -> None:
    change_config(checkpoint, bos_token_id=150004)
    with pytest.raises(CheckpointError, match="bos_token_id is 150004"):
        load_tokenizer(checkpoint)


@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
def test_weights_that_are_no_numbers_are_named(checkpoint: Path, number: float) -> None:
    change_weights(checkpoint, lambda tensors: tensors[BIAS].__setitem__(3, number))
    with pytest.raises(CheckpointError, match=rf"model\.safetensors.*'{BIAS}'.*nan or infinite.*fetch"):
        load(checkpoint)


@pytest.mark.parametrize(
    "changes", [{"num_layers": 10**9}, {"hidden_size": 10**12}, {"vocab_size": 10**30}, {"inner_hidden_size": 10**9}]
)
def test_absurd_sizes_are_refused_before_anything_is_built(checkpoint: Path, changes: dict[str, Any]) -> None:
    change_config(checkpoint, **changes)
    with pytest.raises(CheckpointError, match=rf"config\.json.*{next(iter(changes))}.*no model has more"):
        load(checkpoint)


def test_a_shard_in_anothers_place_is_named(shards: Path) -> None:
    first, second = sorted(shards.glob("*.bin"))
    shutil.copy(second, first)
    with pytest.raises(CheckpointError, match=r"00002-of-00002\.bin.*tensor '.*comes twice"):
        load(shards)
