"""Policies that change while the bot runs."""

import asyncio
import logging
import stat
from pathlib import Path

import pytest

from glmbot.errors import ConfigError
from glmbot.safety.live_policies import LivePolicies, key_of
from glmbot.settings import SafetySettings
from glmbot.verdicts import Direction

RULE = '[[rules]]\nid = "own"\nkind = "words"\ncategory = "own"\naction = "block"\nterms = ["{}"]\n'


class Told:
    """Keeps what the operators are told."""

    def __init__(self) -> None:
        self.open: set[str] = set()

    def trouble(self, kind: str, text: str) -> None:
        """Note trouble."""
        self.open.add(kind)

    def over(self, kind: str) -> None:
        """Note its end."""
        self.open.discard(kind)


def blocks(live: LivePolicies, text: str) -> bool:
    """Tell whether a text is blocked now."""
    return live.current.check(text, Direction.IN).is_blocked


async def test_a_changed_file_holds_and_a_broken_one_keeps_the_old_one_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, told = tmp_path / "own.toml", Told()
    file.write_text(RULE.format("gizmo"))
    live = LivePolicies(SafetySettings(policies=tmp_path), b"k", told)
    file.write_text(RULE.format("sesame"))
    await live.look()
    assert (blocks(live, "gizmo"), blocks(live, "sesame")) == (False, True)
    file.write_text("[[rules]\n")
    with caplog.at_level(logging.ERROR):
        await live.look()
        await live.look()
    assert blocks(live, "sesame")
    assert told.open == {"policies"}
    assert caplog.text.count("own.toml' is no valid TOML") == 1
    file.write_text(RULE.format("third time"))
    await live.look()
    assert (blocks(live, "third time"), told.open) == (True, set())


async def test_a_changed_word_list_of_the_settings_holds(tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_text("gizmo\n")
    live = LivePolicies(SafetySettings(word_lists=[file]), b"", Told())
    file.write_text("gizmo\nsesame\n")
    await live.look()
    assert blocks(live, "sesame")
    file.unlink()
    await live.look()
    assert blocks(live, "sesame")


async def test_no_text_is_unfiltered_while_a_long_list_is_read(tmp_path: Path) -> None:
    file, words = tmp_path / "own.toml", tmp_path / "long.txt"
    words.write_text("gizmo\n")
    file.write_text(RULE.format("sesame") + 'word_lists = ["long.txt"]\n')
    live = LivePolicies(SafetySettings(policies=tmp_path), b"", Told())
    words.write_text("gizmo\n" + "\n".join(f"term{number}" for number in range(10_000)))
    num_judged = 0
    async with asyncio.TaskGroup() as tasks:
        look = tasks.create_task(live.look())
        while not look.done():
            assert blocks(live, "gizmo")
            num_judged += 1
            await asyncio.sleep(0)
    assert num_judged > 10
    assert blocks(live, "term9999")


async def test_files_that_stay_the_same_are_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(RULE.format("gizmo"))
    live = LivePolicies(SafetySettings(policies=tmp_path), b"", Told())
    before = live.current
    await live.look()
    assert live.current is before


def test_a_bot_does_not_start_with_broken_policies(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("x = 1")
    with pytest.raises(ConfigError, match=r"own\.toml"):
        LivePolicies(SafetySettings(policies=tmp_path), b"", Told())


def test_without_policies_nothing_is_found(tmp_path: Path) -> None:
    for settings in (SafetySettings(enabled=False), SafetySettings(use_builtin_list=False)):
        assert not blocks(LivePolicies(settings, b"", Told()), "how to make a pipe bomb")
    assert blocks(LivePolicies(SafetySettings(), b"", Told()), "how to make a pipe bomb")


def test_the_key_of_digests_stays_and_is_private(tmp_path: Path) -> None:
    key = key_of(tmp_path)
    assert len(key) == 32
    assert key_of(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "safety.key").stat().st_mode) == 0o600
