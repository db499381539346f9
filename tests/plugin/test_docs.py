"""The examples of docs/plugins.md work as they stand there, and nothing of the API is missing from it."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from glmbot import api
from glmbot.api import BotContext, Context
from glmbot.hooks import Hooks
from glmbot.plugin.loader import LoadState, find_plugins
from glmbot.settings import PluginSettings

TEXT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("code", [block for block in BLOCKS if "plugin = Plugin(" in block])
async def test_every_example_loads_beside_the_built_in_plugins(code: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    reports = await find_plugins(PluginSettings(folder=tmp_path))
    assert [report for report in reports if report.state is not LoadState.LOADED] == []


async def test_the_example_of_a_test_passes() -> None:
    (code,) = (block for block in BLOCKS if "PluginTester(" in block)
    names: dict[str, Callable[[], Any]] = {}
    compiled = compile(code, "docs/plugins.md", "exec")
    exec(compiled, names)
    await names["test_a_reminder_comes_when_it_is_due"]()


def members_of_contexts() -> list[str]:
    return sorted({name for one in (BotContext, Context) for name in vars(one) if not name.startswith("_")})


@pytest.mark.parametrize("name", [*members_of_contexts(), *(hook.name for hook in fields(Hooks))])
def test_every_part_of_the_context_and_every_hook_is_described(name: str) -> None:
    assert re.search(rf"\b{name}\b", TEXT)


def test_the_api_is_what_plugins_import() -> None:
    names = {name for name in vars(api) if not name.startswith("_")}
    imported = re.findall(r"from glmbot\.api import (.*)", TEXT)
    assert {name for line in imported for name in line.split(", ")} <= names
