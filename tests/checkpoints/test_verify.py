"""Checking the files of a model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from glmbot.checkpoints.inspect import inspect
from glmbot.checkpoints.verify import verify
from glmbot.errors import CheckpointError
from tests.checkpoints.conftest import GOLDEN, Fetcher, Notes


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("model.safetensors", cut, "cut short"),
        ("model.safetensors", flip, "other content than was fetched"),
        ("ice_text.model", Path.unlink, "is missing"),
        ("glmbot-model.json", cut, "is damaged"),
    ],
)
def test_a_fetched_file_that_is_damaged_is_named(
    fetcher: Fetcher, name: str, damage: Callable[[Path], None], words: str
) -> None:
    fetcher.fetch()
    assert verify(fetcher.directory, Notes()) == []
    damage(fetcher.directory / name)
    (problem,) = verify(fetcher.directory, Notes())
    assert problem.file == name
    assert words in problem.what


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A model that was put there by hand, in one shard with an index."""
    path = tmp_path / "model"
    shutil.copytree(GOLDEN, path)
    (path / "model.safetensors").rename(path / "model-00001-of-00001.safetensors")
    return path


def write_index(directory: Path, places: dict[str, str]) -> None:
    text = json.dumps({"weight_map": places})
    (directory / "model.safetensors.index.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("places", "file", "words"),
    [
        ({"lm_head.weight": "model-00002-of-00002.safetensors"}, "model-00002-of-00002.safetensors", "is missing"),
        ({"lm_head.weight": "../x.safetensors"}, "../x.safetensors", "outside of the directory"),
        ({"nothing": "model-00001-of-00001.safetensors"}, "model-00001-of-00001.safetensors", "lacks the tensor"),
    ],
)
def test_an_index_that_does_not_fit_is_named(directory: Path, places: dict[str, str], file: str, words: str) -> None:
    write_index(directory, places)
    (problem,) = verify(directory, Notes())
    assert problem.file == file
    assert words in problem.what


def test_a_cut_shard_is_named_without_checksums(directory: Path) -> None:
    write_index(directory, {"lm_head.weight": "model-00001-of-00001.safetensors"})
    assert verify(directory, Notes()) == []
    cut(directory / "model-00001-of-00001.safetensors")
    (problem,) = verify(directory, Notes())
    assert "bytes and should have" in problem.what


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x05\0\0\0\0\0\0\0[1,2]", b"\x02\0\0\0\0\0\0\0{}{}"])
def test_what_is_no_safetensors_file_is_refused(directory: Path, content: bytes) -> None:
    (directory / "model-00001-of-00001.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match="fetch it again"):
        inspect(directory)


def test_the_parameters_are_counted_from_the_headers() -> None:
    checkpoint = inspect(GOLDEN)
    assert (checkpoint.precision, checkpoint.num_params) == ("fp16", 143_088)
