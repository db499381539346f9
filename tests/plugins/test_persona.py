"""The persona plugin."""

import pytest

from glmbot.errors import ConfigError
from glmbot.plugin.testing import PluginTester
from plugins.persona import plugin

DEFAULT = {"name": "Nova", "text": "You are patient."}


async def system_of(bot: PluginTester, question: str, chat: str = "chat") -> str | None:
    await bot.say(question, chat=chat)
    first = bot.prompts()[-1][0]
    return first.content if first.role == "system" else None


async def test_without_a_persona_the_prompt_stays_as_it_is() -> None:
    async with PluginTester(plugin) as bot:
        assert await bot.say("/persona") == "I have no persona in this chat."
        assert await system_of(bot, "hi") is None


async def test_the_default_comes_from_the_settings_in_the_language_of_the_question() -> None:
    async with PluginTester(plugin, config=DEFAULT) as bot:
        assert await bot.say("/persona") == "I am called Nova. You are patient."
        assert await system_of(bot, "hi") == "You are called Nova. You are patient."
        assert await system_of(bot, "你好") == "你叫Nova。You are patient."


async def test_a_chat_gets_its_own_persona_that_outlives_a_restart() -> None:
    async with PluginTester(plugin, config=DEFAULT) as bot:
        assert await bot.say("/persona 小星 你是老师。\n耐心。") == "我叫小星。你是老师。\n耐心。"
        assert await system_of(bot, "hi", chat="other") == "You are called Nova. You are patient."
    async with PluginTester(plugin, config=DEFAULT, rows=bot.rows) as again:
        assert await system_of(again, "你好") == "你叫小星。你是老师。\n耐心。"
        assert await again.say("/persona off") == "I am called Nova. You are patient."


async def test_a_name_alone_and_a_character_alone_are_enough() -> None:
    async with PluginTester(plugin, config={"text": "Be brief."}) as bot:
        assert await system_of(bot, "hi") == "Be brief."
        assert await bot.say("/persona Max") == "I am called Max."
        assert await system_of(bot, "hi") == "You are called Max."


async def test_what_is_too_long_is_told() -> None:
    async with PluginTester(plugin) as bot:
        told = "That is too long: a name has at most 50 letters, a character 500."
        assert await bot.say("/persona Max " + "x" * 501) == told
        assert await bot.say("/persona " + "星" * 51) == "太长了：名字最多 50 个字，性格描述最多 500 个字。"


def test_a_default_that_is_too_long_is_an_error_of_the_settings() -> None:
    with pytest.raises(ConfigError, match=r"\[plugins.config.persona\] name: String should have at most 50 characters"):
        PluginTester(plugin, config={"name": "x" * 51})
