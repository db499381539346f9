"""One bot for a data folder, and one for an account."""

import os
from pathlib import Path

import pytest

from glmbot.errors import ConfigError
from glmbot.instance_lock import account_lock, instance_lock


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_second_bot_in_the_folder_is_told_whose_it_is(tmp_path: Path) -> None:
    with (
        instance_lock(tmp_path / "data"),
        pytest.raises(ConfigError, match=str(os.getpid())),
        instance_lock(tmp_path / "data"),
    ):
        pass


def test_a_second_bot_for_the_account_is_told_whose_it_is(tmp_path: Path) -> None:
    with account_lock("telegram", "token", tmp_path / "one"):
        with pytest.raises(ConfigError) as raised, account_lock("telegram", "token", tmp_path / "two"):
            pass
        with account_lock("telegram", "another token", tmp_path / "two"):
            pass
    assert f"process {os.getpid()}, data folder '{tmp_path / 'one'}'" in str(raised.value)


def test_the_account_is_free_again_after_its_bot(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        with account_lock("telegram", "token", tmp_path / folder):
            pass


def test_the_token_is_not_in_what_is_kept(state: Path, tmp_path: Path) -> None:
    with account_lock("my/adapter", "canary", tmp_path):
        kept = [path for path in state.rglob("*") if path.is_file()]
        assert len(kept) == 1
        assert "canary" not in str(kept[0]) + kept[0].read_text(encoding="utf-8")


def test_without_a_place_for_the_lock_the_bot_runs_and_says_so(
    state: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state.write_text("a file in the way", encoding="utf-8")
    with account_lock("telegram", "token", tmp_path):
        pass
    assert "cannot see whether another bot uses its token" in caplog.text
