"""Finding the directory of a model."""

from pathlib import Path

import pytest

from glmbot.errors import ConfigError
from glmbot.serving.model_directory import name_of, resolve


def test_a_directory_with_a_configuration_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert resolve(str(tmp_path)) == tmp_path
    assert name_of(str(tmp_path)) == tmp_path.name


def test_the_demo_model_has_its_own_name() -> None:
    assert name_of("demo") == "demo"


@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere", "no such directory"), ("file", "is a file"), ("empty", "no config.json")]
)
def test_what_is_no_model_is_refused_by_name(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=reason) as refused:
        resolve(str(tmp_path / name))
    assert name in str(refused.value)
