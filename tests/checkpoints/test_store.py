"""The folder of fetched models."""

from pathlib import Path

import pytest

from glmbot.checkpoints.catalogue import KNOWN, SourceName, stored_name, wanted_model
from glmbot.checkpoints.shape import shape_of
from glmbot.checkpoints.store import Store
from glmbot.errors import ConfigError
from tests.checkpoints.conftest import Fetcher


def test_a_removed_model_is_gone_and_its_name_too(fetcher: Fetcher) -> None:
    fetcher.fetch()
    assert [model.name for model in fetcher.store.models()] == ["owner--model"]
    fetcher.store.remove("owner/model")
    assert fetcher.store.models() == []
    with pytest.raises(ConfigError, match="no model 'owner/model' is stored"):
        fetcher.store.remove("owner/model")


@pytest.mark.parametrize("name", ["..", "../x", "/etc", "a/../b", ".locks", "x.part", "", "a/b/../../.."])
def test_what_is_no_name_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="is no name of a stored model"):
        Store(tmp_path / "models").remove(name)


def test_a_link_out_of_the_store_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    store = Store(tmp_path / "models")
    store.root.mkdir()
    (store.root / "link").symlink_to(tmp_path / "precious")
    with pytest.raises(ConfigError, match="leads out of the folder of models"):
        store.remove("link")
    assert (tmp_path / "precious").is_dir()


def test_an_unfinished_model_is_listed_as_such_and_can_be_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (tmp_path / "chatglm-6b.part").mkdir()
    assert (store.models(), store.unfinished()) == ([], ["chatglm-6b"])
    store.remove("chatglm-6b")
    assert store.unfinished() == []


@pytest.mark.parametrize(
    ("name", "stored", "repo"),
    [
        ("chatglm-6b", "chatglm-6b", "zai-org/chatglm-6b"),
        ("THUDM/chatglm-6b", "chatglm-6b", "zai-org/chatglm-6b"),
        ("zai-org/glm-4-9b-chat-hf", "glm-4-9b-chat", "zai-org/glm-4-9b-chat-hf"),
        ("Qwen/Qwen2.5-0.5B-Instruct", "Qwen--Qwen2.5-0.5B-Instruct", "Qwen/Qwen2.5-0.5B-Instruct"),
    ],
)
def test_every_way_to_name_a_model_means_the_same_place(name: str, stored: str, repo: str) -> None:
    assert stored_name(name) == stored
    assert wanted_model(name, SourceName.HUGGINGFACE).repo == repo


@pytest.mark.parametrize("name", ["chatglm-7b", "a/b/c", "owner/", "../x", "owner/.."])
def test_an_unknown_name_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ConfigError, match=r"is not known; use one of chatglm-6b, .* or the owner/name"):
        wanted_model(name, SourceName.MODELSCOPE)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_the_sizes_of_known_models_agree_with_what_is_downloaded(known: object) -> None:
    from glmbot.checkpoints.catalogue import KnownModel

    assert isinstance(known, KnownModel)
    shape = shape_of(known.config)
    assert shape is not None
    table = shape.embedding * 2 if not shape.stored_bits or shape.kv_width < 4096 else 0  # v1's is stored once
    blocks = shape.block_weights * (shape.stored_bits or 16) // 8
    assert (blocks + shape.head * 2 + table) / 1e9 == pytest.approx(known.size_gb, abs=0.11)
