"""What is found and loaded, and what is reported instead."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmbot.errors import ConfigError
from glmbot.plugin.loader import LoadReport, LoadState, close_plugins, format_reports, load_plugins, reports_as_json
from glmbot.plugin.loading import import_plugin
from glmbot.plugin.member import LoadedPlugin
from glmbot.plugin.sources import FileSource
from glmbot.settings import PluginSettings
from tests.plugin.hosted import hosted

BUILTIN = ["chat_control", "help", "persona", "ping", "reminders"]
GOOD = 'from glmbot.api import Plugin\nplugin = Plugin("{name}")\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "my_plugins"
    path.mkdir()
    return path


@pytest.fixture(autouse=True)
def interpreter_as_before() -> Iterator[None]:
    modules, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(path: Path, code: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")


async def load(folder: Path, **settings: Any) -> tuple[list[LoadedPlugin], list[LoadReport]]:
    """Return what was loaded and reported, without the built-in plugins; the processes have ended."""
    loaded, reports = await load_plugins(PluginSettings(folder=folder, **settings))
    await close_plugins(loaded)
    return [one for one in loaded if one.name not in BUILTIN], [one for one in reports if one.name not in BUILTIN]


async def test_the_built_in_plugins_load(tmp_path: Path) -> None:
    loaded, reports = await load_plugins(PluginSettings(folder=tmp_path / "none"))
    assert [one.name for one in loaded] == BUILTIN
    assert all(report.state is LoadState.LOADED for report in reports)


async def test_files_and_packages_of_the_folder_load(folder: Path) -> None:
    write(folder / "one.py", GOOD.format(name="one"))
    write(folder / "two" / "__init__.py", "from .inner import plugin")
    write(folder / "two" / "inner.py", GOOD.format(name="two"))
    write(folder / "_left_out.py", "1 / 0")
    write(folder / "notes" / "text.md", "no plugin")
    loaded, reports = await load(folder)
    assert [one.name for one in loaded] == ["one", "two"]
    assert reports == [
        LoadReport("one", str(folder / "one.py"), LoadState.LOADED),
        LoadReport("two", str(folder / "two"), LoadState.LOADED),
    ]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def (", "SyntaxError: invalid syntax (bad.py, line 1)"),
        ("\nimport no_such_package", "it needs the Python package 'no_such_package', which is not installed here"),
        ("from glmbot.api import Nothing", "ImportError: cannot import name 'Nothing' from 'glmbot.api'"),
        ("import sys\nsys.exit(3)", "it ended the program while it was loaded (sys.exit) (bad.py, line 2)"),
        ("class Odd(BaseException): ...\nraise Odd('odd')", "Odd: odd (bad.py, line 2)"),
        ("import json\njson.loads('')", "JSONDecodeError: Expecting value: line 1 column 1 (char 0) (bad.py, line 2)"),
        ("x = 1", 'it has no object named "plugin"; add: plugin = Plugin("name")'),
        ("plugin = 1", 'its "plugin" is a int; it must be a Plugin of glmbot.api'),
        ('from glmbot.api import Plugin\nplugin = Plugin("B")', "ValueError: plugin name 'B' must be 1 to 32"),
    ],
)
async def test_a_plugin_that_fails_is_reported_and_leaves_nothing(folder: Path, code: str, reason: str) -> None:
    write(folder / "bad.py", code)
    write(folder / "good.py", GOOD.format(name="good"))
    loaded, reports = await load(folder)
    assert [one.name for one in loaded] == ["good"]
    assert (reports[0].name, reports[0].source, reports[0].state) == ("bad", str(folder / "bad.py"), LoadState.FAILED)
    assert reports[0].reason.startswith(reason)
    assert not [name for name in sys.modules if name.startswith("glmbot_plugin_bad")]


async def test_submodules_of_a_failed_package_are_forgotten(folder: Path) -> None:
    write(folder / "bad" / "__init__.py", "from . import inner\n1 / 0")
    write(folder / "bad" / "inner.py", "")
    _, (report,) = await load(folder)
    assert report.reason == "ZeroDivisionError: division by zero (__init__.py, line 2)"
    assert not [name for name in sys.modules if name.startswith("glmbot_plugin_bad")]


def test_ctrl_c_while_a_plugin_of_our_own_loads_ends_the_program(folder: Path) -> None:
    write(folder / "bad.py", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        import_plugin(FileSource(folder / "bad.py"))
    assert not [name for name in sys.modules if name.startswith("glmbot_plugin_bad")]


async def test_code_of_a_plugin_never_runs_in_the_bots_process(folder: Path) -> None:
    write(folder / "one.py", GOOD.format(name="one"))
    write(folder / "bad.py", "raise KeyboardInterrupt")
    (one,), (report, _) = await load(folder)
    assert one.name == "one"
    assert report.reason == "it raised KeyboardInterrupt while it was loaded"
    assert not [name for name in sys.modules if name.startswith(("glmbot_plugin_one", "glmbot_plugin_bad"))]


def test_two_bots_load_the_same_file_apart(folder: Path) -> None:
    write(folder / "one.py", GOOD.format(name="one"))
    first, second = (import_plugin(FileSource(folder / "one.py")) for _ in range(2))
    assert first is not second


def test_equal_file_names_in_two_folders_are_two_modules(folder: Path, tmp_path: Path) -> None:
    for path in (folder / "one.py", tmp_path / "other" / "one.py"):
        write(path, GOOD.format(name="one"))
        import_plugin(FileSource(path))
    assert len([name for name in sys.modules if name.startswith("glmbot_plugin_one")]) == 2


async def test_the_later_of_two_equal_names_is_left_out(folder: Path) -> None:
    write(folder / "a.py", GOOD.format(name="same"))
    write(folder / "b.py", GOOD.format(name="same"))
    loaded, reports = await load(folder)
    assert [one.source for one in loaded] == [str(folder / "a.py")]
    assert reports[1].reason == f"{folder / 'a.py'} is named 'same' too; give this one another name"


COMMAND = '\n@plugin.command("{command}", aliases=["pong"])\nasync def answer(ctx):\n    return "mine"\n'


async def test_the_later_of_two_equal_commands_is_left_out_until_the_other_is_disabled(folder: Path) -> None:
    write(folder / "mine.py", GOOD.format(name="mine") + COMMAND.format(command="ping"))
    loaded, (report,) = await load(folder)
    assert loaded == []
    assert report.reason == (
        "plugin 'ping' has the command /ping already; rename it here, "
        "or disable the other one: plugins.disabled = ['ping']"
    )
    loaded, _ = await load(folder, disabled=["ping"])
    assert [one.name for one in loaded] == ["mine"]


async def test_a_disabled_plugin_is_not_even_imported(folder: Path) -> None:
    write(folder / "bad.py", "1 / 0")
    write(folder / "file_name.py", GOOD.format(name="plugin_name"))
    loaded, reports = await load(folder, disabled=["bad", "plugin_name"])
    assert loaded == []
    assert [(one.name, one.state) for one in reports] == [
        ("bad", LoadState.DISABLED),
        ("plugin_name", LoadState.DISABLED),
    ]


WITH_SETTINGS = """
from pydantic import BaseModel, Field, SecretStr
from glmbot.api import Plugin

class Settings(BaseModel):
    city: str
    days: int = Field(3, ge=1, alias="num_days")
    key: SecretStr = SecretStr("")

plugin = Plugin("weather", config=Settings)

@plugin.command("weather")
async def weather(ctx):
    return f"{ctx.config.city} {ctx.config.days}"
"""


async def test_settings_are_checked_by_the_plugins_model(folder: Path) -> None:
    write(folder / "weather.py", WITH_SETTINGS)
    config = {"weather": {"city": "Rome", "num_days": 5}}
    loaded, _ = await load_plugins(PluginSettings(folder=folder, config=config))
    async with hosted(loaded) as bot:
        assert await bot.say("/weather") == "Rome 5"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "[plugins.config.weather] city: Field required"),
        (
            {"city": 1, "num_days": 0},
            "[plugins.config.weather] city: Input should be a valid string; "
            "num_days: Input should be greater than or equal to 1",
        ),
        (
            {"city": "Rome", "citty": "x"},
            "[plugins.config.weather] citty: there is no such setting; did you mean 'city'?",
        ),
    ],
)
async def test_wrong_settings_name_the_key(folder: Path, values: dict[str, Any], reason: str) -> None:
    write(folder / "weather.py", WITH_SETTINGS)
    loaded, (report,) = await load(folder, config={"weather": values})
    assert loaded == []
    assert report == LoadReport("weather", str(folder / "weather.py"), LoadState.FAILED, reason)


async def test_wrong_settings_are_told_without_their_values(folder: Path) -> None:
    write(folder / "weather.py", WITH_SETTINGS)
    _, (report,) = await load(folder, config={"weather": {"city": "Rome", "key": ["canary-secret"]}})
    assert "key: " in report.reason
    assert "canary-secret" not in report.reason


async def test_settings_for_a_plugin_that_takes_none_are_reported(folder: Path) -> None:
    write(folder / "one.py", GOOD.format(name="one"))
    _, (report,) = await load(folder, config={"one": {"x": 1}})
    assert report.reason == "it takes no settings; remove [plugins.config.one]"


async def test_misspelt_plugin_names_in_the_settings_are_reported(folder: Path) -> None:
    _, reports = await load(folder, disabled=["pingg"], config={"weather": {}})
    assert [(one.name, one.source, one.state) for one in reports] == [
        ("weather", "plugins.config", LoadState.FAILED),
        ("pingg", "plugins.disabled", LoadState.FAILED),
    ]
    assert reports[1].reason == "there is no plugin 'pingg'; did you mean 'ping'?"


async def test_a_folder_that_cannot_be_one_is_an_error_of_the_settings(tmp_path: Path) -> None:
    write(tmp_path / "file", "")
    with pytest.raises(ConfigError, match=r"plugins\.folder .* cannot be read: Not a directory; it must be a folder"):
        await load(tmp_path / "file")


def install(site: Path, package: str, code: str, value: str) -> None:
    """Put a package with an entry point where Python finds it."""
    write(site / package / "__init__.py", "")
    write(site / package / "bot.py", code)
    write(site / f"{package}-1.0.dist-info" / "METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    write(site / f"{package}-1.0.dist-info" / "entry_points.txt", f"[glmbot.plugins]\n{package} = {value}\n")
    sys.path.insert(0, str(site))


@pytest.mark.parametrize("value", ["weather_bot.bot", "weather_bot.bot:plugin"])
async def test_installed_packages_bring_plugins(tmp_path: Path, value: str) -> None:
    install(tmp_path / "site", "weather_bot", GOOD.format(name="weather"), value)
    (one,), reports = await load(tmp_path / "none")
    assert one.name == "weather"
    assert reports == [LoadReport("weather", f"weather_bot ({value})", LoadState.LOADED)]


async def test_an_installed_package_that_fails_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    install(tmp_path / "site", "broken_bot", "import json\nraise SystemExit", "broken_bot.bot")
    loaded, (report,) = await load(tmp_path / "none")
    assert loaded == []
    assert report.reason == "it ended the program while it was loaded (sys.exit) (bot.py, line 2)"
    assert not [name for name in sys.modules if name.startswith("broken_bot")]


def test_reports_are_shown_as_a_table_and_as_json() -> None:
    reports = [LoadReport("ping", "a.py", LoadState.LOADED), LoadReport("my", "b.py", LoadState.FAILED, "it is broken")]
    assert format_reports(reports) == "ping  loaded  a.py\nmy    failed  b.py\n    it is broken"
    assert format_reports([]) == ""
    assert json.loads(json.dumps(reports_as_json(reports)))[1] == {
        "name": "my",
        "source": "b.py",
        "state": "failed",
        "reason": "it is broken",
    }
