"""Tests which adapters the settings make."""

import sys

import pytest

from glmbot.adapters.discord import DiscordAdapter
from glmbot.adapters.registry import configured_adapters
from glmbot.adapters.telegram import TelegramAdapter
from glmbot.errors import ConfigError
from glmbot.settings import AdapterSettings

TOKEN = {"token": "12345:abcdefghijklmnopqrstuvwxyz"}


def test_a_section_is_an_account_of_the_platform_of_its_name() -> None:
    """The section's name becomes the adapter's; one that is switched off is not made."""
    adapters = configured_adapters(_settings(telegram=TOKEN, discord={"token": "x", "enabled": False}))
    assert [(name, type(adapter)) for name, adapter in adapters.items()] == [("telegram", TelegramAdapter)]


def test_a_platform_has_as_many_accounts_as_there_are_sections() -> None:
    """Further sections have any name, and say which platform they are for."""
    support = {"platform": "telegram", "token": "6789:abcdefghijklmnopqrstuvwxyz"}
    adapters = configured_adapters(
        _settings(telegram=TOKEN, support_bot=support, guild={"platform": "discord", "token": "x"})
    )
    assert {name: (adapter.name, type(adapter)) for name, adapter in adapters.items()} == {
        "telegram": ("telegram", TelegramAdapter),
        "support_bot": ("support_bot", TelegramAdapter),
        "guild": ("guild", DiscordAdapter),
    }


def test_a_further_account_may_be_switched_off_in_the_environment() -> None:
    """There every value is a text."""
    section = {"platform": "telegram", "enabled": "false", **TOKEN}
    assert configured_adapters(_settings(support_bot=section)) == {}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"platform": "telegram", "tokne": "secret"}, r"setting 'adapters.second.tokne': Extra inputs"),
        ({"platform": "discord", "shard": "2/2"}, r"setting 'adapters.second.shard': Value error, write the shard's"),
        ({"platform": "telegramm"}, r"'adapters.second.platform': no platform 'telegramm'; did you mean 'telegram'"),
        ({"platform": 1}, r"'adapters.second.platform': write a platform's name"),
        ({}, r"unknown adapter 'adapters.second'; did you mean .* write platform = "),
        ("x", r"'adapters.second' is no section; write \[adapters.second\]"),
    ],
)
def test_a_wrong_section_is_named(section: object, message: str) -> None:
    """The error says which key is wrong, and never what secret stands there."""
    with pytest.raises(ConfigError, match=message) as caught:
        configured_adapters(_settings(second=section))
    assert "secret" not in str(caught.value)


def test_a_name_that_breaks_the_keys_of_chats_is_refused() -> None:
    """Operators name chats as "adapter:chat id"."""
    with pytest.raises(ConfigError, match="adapter name 'my:bot': take small letters"):
        configured_adapters(_settings(**{"my:bot": {"platform": "telegram", **TOKEN}}))


def test_the_web_page_says_at_once_that_its_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvicorn itself looks for it only once it listens."""
    monkeypatch.setitem(sys.modules, "websockets", None)
    monkeypatch.delitem(sys.modules, "glmbot.adapters.web", raising=False)
    with pytest.raises(ConfigError, match=r"library is missing \(websockets\); run: pip install 'glmbot\[web\]'"):
        configured_adapters(_settings(web={"port": 8080}))


def _settings(**sections: object) -> AdapterSettings:
    return AdapterSettings.model_validate(sections)
