"""The reminders plugin."""

from datetime import timedelta

from glmbot.api import ChatKind, Language
from glmbot.plugin.testing import PluginTester
from plugins.reminders import plugin

NOTHING = "You have no reminders here."


async def test_a_reminder_is_sent_once_when_it_is_due() -> None:
    async with PluginTester(plugin) as bot:
        assert await bot.say("/remind 1h30m take the bread out") == "I'll remind you in 1h30m."
        await bot.pass_time(timedelta(hours=1, minutes=29))
        assert len(bot.messages()) == 1
        await bot.pass_time(timedelta(hours=2))
        assert bot.messages()[1:] == ["⏰ Ann: take the bread out"]
        assert bot.rows == {}


async def test_a_reminder_outlives_a_restart_and_is_sent_late_rather_than_never() -> None:
    async with PluginTester(plugin) as bot:
        assert await bot.say("/remind 10分钟 喝水", chat="group", kind=ChatKind.GROUP) == "好的，10m 后提醒你。"
        later = bot.clock.now() + 3600
    async with PluginTester(plugin, rows=bot.rows, now=later) as again:
        await again.pass_time(timedelta(seconds=5))
        assert again.messages("group") == ["⏰ Ann: 喝水"]


async def test_reminders_are_listed_and_deleted_by_number() -> None:
    async with PluginTester(plugin) as bot:
        await bot.say("/remind 2h second")
        await bot.say("/remind 1h first")
        await bot.pass_time(timedelta(minutes=30))
        assert await bot.say("/reminders") == "1. first (30m)\n2. second (1h30m)"
        assert await bot.say("/unremind 1") == "It is deleted."
        assert await bot.say("/reminders") == "1. second (1h30m)"
        assert await bot.say("/unremind 0") == "You have no reminder 0; see /reminders."
        assert await bot.say("/unremind 2", language=Language.CHINESE) == "没有提醒 2，请看 /reminders。"
        assert await bot.say("/unremind 1", language=Language.CHINESE) == "已取消。"
        assert await bot.say("/reminders", language=Language.CHINESE) == "你在这里没有提醒。"


async def test_reminders_of_others_and_of_other_chats_are_not_shown() -> None:
    async with PluginTester(plugin) as bot:
        await bot.say("/remind 1h mine", sender="ann", chat="private")
        assert await bot.say("/reminders", sender="ann", chat="group") == NOTHING
        assert await bot.say("/reminders", sender="bob", chat="private") == NOTHING


async def test_there_is_a_limit_for_each_sender() -> None:
    async with PluginTester(plugin, config={"max_per_sender": 1}) as bot:
        await bot.say("/remind 1h one")
        assert await bot.say("/remind 1h two") == "You have too many reminders; see /unremind."
        assert await bot.say("/remind 1h 三") == "提醒太多了，请先用 /unremind 取消。"
        assert await bot.say("/remind 1h one", sender="bob") == "I'll remind you in 1h."


async def test_a_reminder_for_a_platform_that_is_switched_off_waits_and_holds_up_no_other() -> None:
    async with PluginTester(plugin) as bot:
        await bot.say("/remind 1s for later", chat="away")
        await bot.say("/remind 2s for now", chat="here")
        bot.services.unreachable.add("away")
        await bot.pass_time(timedelta(seconds=5))
        assert bot.messages("here")[1:] == ["⏰ Ann: for now"]
        bot.services.unreachable.clear()
        await bot.pass_time(timedelta(seconds=5))
        assert bot.messages("away")[-1] == "⏰ Ann: for later"


async def test_a_wrong_time_is_told_with_the_usage() -> None:
    async with PluginTester(plugin) as bot:
        assert await bot.say("/remind soon bread") == (
            "`after` must be a time such as 10m, 1h30m or 2 days. Usage: `/remind <after> <text…>`"
        )
