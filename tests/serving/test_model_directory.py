"""Finding the directory of a model."""

from pathlib import Path

import pytest

from glmbot.checkpoints.store import Store
from glmbot.errors import ConfigError
from glmbot.serving.loading.model_directory import name_of, resolve


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


def test_a_directory_with_a_configuration_is_a_model(tmp_path: Path, store: Store) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert resolve(str(tmp_path), store) == tmp_path
    assert name_of(str(tmp_path)) == tmp_path.name


def test_the_demo_model_has_its_own_name() -> None:
    assert name_of("demo") == "demo"


@pytest.mark.parametrize(
    ("name", "stored", "served"),
    [
        ("chatglm-6b", "chatglm-6b", "chatglm-6b"),
        ("THUDM/chatglm-6b", "chatglm-6b", "chatglm-6b"),
        ("Qwen/Qwen3-0.6B", "Qwen--Qwen3-0.6B", "Qwen3-0.6B"),
        ("chatglm-6b-int4", "chatglm-6b-int4", "chatglm-6b-int4"),
    ],
)
def test_a_stored_model_is_found_by_its_name(store: Store, name: str, stored: str, served: str) -> None:
    (store.root / stored).mkdir(parents=True)
    assert resolve(name, store) == store.root / stored
    assert name_of(name) == served


@pytest.mark.parametrize("is_part_there", [False, True])
def test_a_model_that_is_not_fetched_names_the_command_that_does_it(store: Store, is_part_there: bool) -> None:
    if is_part_there:
        (store.root / "chatglm-6b.part").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"'chatglm-6b' is not fetched yet; run: glmbot model fetch chatglm-6b$"):
        resolve("chatglm-6b", store)


def test_a_part_of_a_model_is_not_loaded(store: Store) -> None:
    part = store.root / "chatglm-6b.part"
    part.mkdir(parents=True)
    (part / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="only a part of a model"):
        resolve(str(part), store)


@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere", "no such directory"), ("file", "is a file"), ("empty", "no config.json")]
)
def test_what_is_no_model_is_refused_by_name(tmp_path: Path, store: Store, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=reason) as refused:
        resolve(str(tmp_path / name), store)
    assert name in str(refused.value)
