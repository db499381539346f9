"""The help plugin."""

from glmbot.api import Language
from glmbot.plugin.testing import PluginTester
from plugins.help import plugin


async def test_help_lists_the_commands_in_the_senders_language() -> None:
    async with PluginTester(plugin) as bot:
        english = await bot.say("/help") or ""
        chinese = await bot.say("/start", language=Language.CHINESE) or ""
    assert "- /help: Say what I can do, or how one command works." in english.splitlines()
    assert "- /help: 看看我会做什么；加上命令名，可查看它的用法。" in chinese.splitlines()


async def test_help_explains_one_command_by_name_or_alias() -> None:
    explained = "`/help [command]`\n\nSay what I can do, or how one command works.\n\nAlso: /start"
    async with PluginTester(plugin) as bot:
        assert await bot.say("/help help") == explained
        assert await bot.say("/help /START") == explained


async def test_help_on_an_unknown_command_is_told() -> None:
    async with PluginTester(plugin) as bot:
        assert await bot.say("/help dance") == "There is no command /dance; /help shows all."
        assert await bot.say("/help 跳舞") == "没有 /跳舞 这个命令；看全部：/help"
