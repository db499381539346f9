"""The status plugin."""

import pytest

from glmbot.api import AdapterState, BotStatus, Language, ModelState
from glmbot.plugin.testing import PluginTester
from plugins.status import ADAPTER, MODEL, plugin


async def test_status_is_told_in_the_senders_language() -> None:
    async with PluginTester(plugin) as bot:
        adapters = {"telegram": AdapterState.SILENT, "discord": AdapterState.RUNNING}
        bot.services.bot_status = BotStatus("1.2", 3_700.0, ModelState.LOADING, 3, adapters)
        english = await bot.say("/status")
        chinese = await bot.say("/status", language=Language.CHINESE)
    assert english == (
        "glmbot 1.2, running for 1h1m\n- model: it is still loading; questions wait for it\n"
        "- messages not yet answered: 2\n- discord: runs\n- telegram: runs, but its platform is silent"
    )
    assert chinese == (
        "glmbot 1.2，已运行 1h1m\n- 模型：正在加载，问题会等它\n"
        "- 尚未回答的消息：2\n- discord：正常\n- telegram：在运行，但平台没有响应"
    )


@pytest.mark.parametrize(("words", "states"), [(MODEL, ModelState), (ADAPTER, AdapterState)])
def test_every_state_has_its_words(words: dict[str, object], states: type) -> None:
    assert set(words) == set(states)
