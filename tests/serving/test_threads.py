"""The model server's threads wait shortly, unless the user has said how."""

import os

import pytest

from glmbot.serving.threads import WAITING, wait_shortly


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WAITING:
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)


def test_they_sleep_after_a_moment_by_default() -> None:
    wait_shortly()
    assert {name: os.environ[name] for name in WAITING} == WAITING


@pytest.mark.parametrize("name", WAITING)
def test_what_the_user_says_is_left_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "7")
    wait_shortly()
    assert {name: os.environ[name] for name in WAITING if name in os.environ} == {name: "7"}
