"""The chat_control plugin."""

from glmbot.api import Language
from glmbot.plugin.testing import PluginTester
from plugins.chat_control import plugin


async def test_reset_begins_the_conversation_anew() -> None:
    async with PluginTester(plugin) as bot:
        await bot.say("one")
        assert await bot.say("/reset") == "Let's begin anew."
        assert await bot.say("/reset", language=Language.CHINESE) == "好的，我们重新开始。"
        await bot.say("two")
        assert [message.content for message in bot.prompts()[-1]] == ["two"]


async def test_stop_is_immediate_and_silent_where_an_answer_ends_by_it() -> None:
    async with PluginTester(plugin) as bot:
        assert bot.host.is_immediate("/stop")
        bot.services.is_answering = True
        assert await bot.say("/stop") is None
        assert await bot.say("/stop") == "I am not writing anything at the moment."
        assert await bot.say("/stop", language=Language.CHINESE) == "我现在没有在写回答。"


async def test_retry_answers_the_last_question_again() -> None:
    answers = iter(["bad", "good"])
    async with PluginTester(plugin, answer=lambda _: next(answers)) as bot:
        assert await bot.say("question") == "bad"
        assert await bot.say("/retry") == "good"
        assert [message.content for message in bot.prompts()[-1]] == ["question"]


async def test_retry_without_a_question_is_told() -> None:
    async with PluginTester(plugin) as bot:
        assert await bot.say("/retry") == "You have not asked me anything yet."
        assert await bot.say("/retry", language=Language.CHINESE) == "你还没有问过我问题。"
