"""What a plugin may declare."""

from collections.abc import AsyncIterator, Callable
from datetime import time, timedelta
from typing import Any

import pytest

from glmbot.api import Context, Plugin


async def good(ctx: Context) -> str:
    return "good"


async def takes_count(ctx: Context, count: int) -> str:
    return str(count)


async def yields(ctx: Context) -> AsyncIterator[str]:
    yield "a"


def plain(ctx: Context) -> str:
    return "not async"


@pytest.mark.parametrize("name", ["", "Ping", "1st", "a-b", "x" * 33, "帮助"])
def test_names_fit_every_platforms_menu(name: str) -> None:
    with pytest.raises(ValueError, match="must be 1 to 32 lower-case letters"):
        Plugin(name)
    with pytest.raises(ValueError, match="must be 1 to 32 lower-case letters"):
        Plugin("x").command(name)(good)


@pytest.mark.parametrize(
    "decorator",
    [
        lambda plugin: plugin.command("go"),
        lambda plugin: plugin.message("x"),
        lambda plugin: plugin.every(timedelta(minutes=1)),
        lambda plugin: plugin.daily(time(8)),
        lambda plugin: plugin.screen_event,
        lambda plugin: plugin.edit_prompt,
        lambda plugin: plugin.check_text,
        lambda plugin: plugin.reacted,
        lambda plugin: plugin.reply_sent,
        lambda plugin: plugin.started,
        lambda plugin: plugin.stopping,
    ],
)
def test_every_function_must_be_async_and_is_returned_as_it_was(decorator: Callable[[Any], Any]) -> None:
    assert decorator(Plugin("x"))(good) is good
    with pytest.raises(TypeError, match=r"plain must be an async function; write `async def plain\(...\)`"):
        decorator(Plugin("x"))(plain)


def test_only_handlers_may_yield() -> None:
    Plugin("x").command("go")(yields)
    with pytest.raises(TypeError, match="job: yields must not yield"):
        Plugin("x").every(timedelta(minutes=1))(yields)  # type: ignore[arg-type]


def test_a_command_is_defined_once() -> None:
    plugin = Plugin("x")
    plugin.command("go", aliases=["run"])(good)
    with pytest.raises(ValueError, match="command 'run' is defined twice in plugin 'x'"):
        plugin.command("run")(good)


def test_named_groups_and_parameters_must_agree() -> None:
    with pytest.raises(TypeError, match=r"takes \['count'\] .* has the named groups \['number'\]"):
        Plugin("x").message(r"(?P<number>\d+)")(takes_count)
    Plugin("x").message(r"(?P<count>\d+)")(takes_count)
