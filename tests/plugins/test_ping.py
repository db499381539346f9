"""The ping plugin."""

from glmbot.plugin.testing import PluginTester
from plugins.ping import plugin


async def test_ping_says_pong() -> None:
    async with PluginTester(plugin) as bot:
        assert await bot.say("/ping") == "pong"
