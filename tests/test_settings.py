"""Settings: where they come from, and what a wrong one is told."""

from pathlib import Path

import pytest

from glmbot.config_file import example, load_settings
from glmbot.errors import ConfigError
from glmbot.settings import Settings

ROOT = Path(__file__).parent.parent


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_shows_every_setting_with_its_default() -> None:
    assert (ROOT / "config.example.toml").read_text(encoding="utf-8") == example()
    assert load_settings(ROOT / "config.example.toml").model_dump() == Settings().model_dump()


def test_the_switched_off_lines_of_the_example_are_valid_too(tmp_path: Path) -> None:
    lines = [
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line for line in example().splitlines()
    ]
    settings = load_settings(write(tmp_path, "\n".join(lines)))
    assert settings.adapters.telegram is not None
    assert settings.inference.temperature == 0.95


def test_each_source_wins_over_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, '[inference]\nmodel = "file"\ndevice = "cpu"\nremote_model = "file"\ntop_p = 0.5\n')
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for key in ("device", "remote_model", "model"):
        (secrets / f"glmbot_inference__{key}").write_text("cuda\n", encoding="utf-8")
    monkeypatch.setenv("GLMBOT_INFERENCE__REMOTE_MODEL", "environment")
    monkeypatch.setenv("GLMBOT_INFERENCE__MODEL", "environment")
    inference = load_settings(path, secrets, {"inference": {"model": "argument"}}).inference
    assert (inference.model, inference.remote_model) == ("argument", "environment")
    assert (inference.device, inference.top_p, inference.timeout) == ("cuda", 0.5, 600.0)


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ('[inference]\nmodle = "x"\n', "inference.modle", "inference.model"),
        ('[inferense]\nmodel = "x"\n', "inferense", "inference"),
        ('[adapters.telegram]\ntokn = "x"\n', "adapters.telegram.tokn", "adapters.telegram.token"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_valid_one(tmp_path: Path, text: str, key: str, nearest: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text))
    assert f"unknown setting {key!r}" in str(caught.value)
    assert f"did you mean {nearest!r}" in str(caught.value)


def test_an_unknown_environment_variable_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLMBOT_INFERENSE__MODEL", "x")
    with pytest.raises(ConfigError, match="GLMBOT_INFERENSE__MODEL.*did you mean 'GLMBOT_INFERENCE__"):
        load_settings(write(tmp_path, ""))


def test_a_misspelt_key_in_the_environment_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLMBOT_INFERENCE__MODLE", "x")
    with pytest.raises(ConfigError, match="inference.modle.*did you mean 'inference.model'"):
        load_settings(write(tmp_path, ""))


def test_a_wrong_value_is_explained_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, '[inference]\ntoken = ["hunter2"]\ntemperature = 9\n'))
    assert "inference.token" in str(caught.value)
    assert "inference.temperature" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not valid TOML.*line 2"):
        load_settings(write(tmp_path, '[bot]\ndata_dir = "unclosed\n'))


def test_a_config_file_that_was_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist; copy config.example.toml"):
        load_settings(tmp_path / "missing.toml")


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GLMBOT_ADAPTERS__TELEGRAM__TOKEN", "123:canary")
    settings = load_settings(write(tmp_path, ""))
    assert settings.adapters.telegram is not None
    assert settings.adapters.telegram.token.get_secret_value() == "123:canary"
    assert "canary" not in repr(settings) + str(settings.model_dump())
