"""The whole way of a message: what comes in on a platform, and what is visible there in the end."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from glmbot.content import File
from glmbot.delivery.live_message import LATE_AFTER
from glmbot.delivery.render import MAX_PARTS
from glmbot.errors import NotDelivered, RetryLater
from glmbot.events import ChatKind, Reaction
from glmbot.settings import BotSettings
from tests.conftest import RunBot
from tests.fakes.adapter import FakeAdapter
from tests.fakes.model import FakeModel

pytestmark = pytest.mark.usefixtures("model")


def rows(tmp_path: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(tmp_path / "data" / "glmbot.db") as connection:
        return connection.execute(query).fetchall()


async def until_open(model: FakeModel, number: int) -> None:
    async with asyncio.timeout(20):
        while model.num_open != number:
            await asyncio.sleep(0.01)


async def until_asked(model: FakeModel, number: int) -> None:
    async with asyncio.timeout(20):
        while len(model.requests) < number:
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("bot")
async def test_a_message_is_answered(platform: FakeAdapter) -> None:
    await platform.receive("hello")
    await platform.until("echo: hello")


@pytest.mark.usefixtures("bot")
async def test_earlier_turns_are_part_of_the_prompt(platform: FakeAdapter, model: FakeModel) -> None:
    await platform.receive("one")
    await platform.receive("two")
    await platform.until("echo: one", "echo: two")
    assert [message["content"] for message in model.requests[1]["messages"]] == ["one", "echo: one", "two"]


@pytest.mark.usefixtures("bot")
async def test_the_context_survives_a_restart_and_is_the_senders_own(platform: FakeAdapter, model: FakeModel) -> None:
    await platform.receive("mine", sender="ann")
    await platform.receive("yours", sender="bob")
    async with asyncio.timeout(20):
        while len(platform.texts()) < 2:
            await asyncio.sleep(0.01)
    await platform.receive("again", sender="ann")
    await until_asked(model, 3)
    assert [message["content"] for message in model.requests[2]["messages"]] == ["mine", "echo: mine", "again"]


@pytest.mark.usefixtures("bot")
async def test_an_update_that_comes_three_times_is_answered_once(platform: FakeAdapter, model: FakeModel) -> None:
    for _ in range(3):
        await platform.receive("hello", message_id="7")
    await platform.receive("end")
    await platform.until("echo: hello", "echo: end")
    assert model.questions() == ["hello", "end"]


@pytest.mark.usefixtures("bot")
async def test_the_second_message_waits_for_the_first(platform: FakeAdapter, model: FakeModel) -> None:
    model.gate.clear()
    await platform.receive("one")
    await platform.receive("two")
    await until_open(model, 1)
    model.gate.set()
    await platform.until("echo: one", "echo: two")


@pytest.mark.usefixtures("bot")
async def test_an_edit_counts_while_its_message_waits(platform: FakeAdapter, model: FakeModel) -> None:
    model.gate.clear()
    first = await platform.receive("one")
    second = await platform.receive("tow")
    await platform.until("echo:")
    await platform.receive("too late", message_id=first.message_id, is_edit=True)
    await platform.receive("two", message_id=second.message_id, is_edit=True)
    model.gate.set()
    await platform.until("echo: one", "echo: two")
    await platform.receive("three", message_id=second.message_id, is_edit=True)
    await platform.receive("four")
    await platform.until("echo: one", "echo: two", "echo: four")


@pytest.mark.usefixtures("bot")
async def test_an_edit_that_first_addresses_the_bot_is_a_message(platform: FakeAdapter) -> None:
    spoken = await platform.receive("hello", kind=ChatKind.GROUP, is_addressed=False)
    for is_addressed in (False, True, True):
        again = {"message_id": spoken.message_id, "is_edit": True, "is_addressed": is_addressed}
        await platform.receive("hello, bot", kind=ChatKind.GROUP, **again)
    await platform.receive("bye", kind=ChatKind.GROUP)
    await platform.until("echo: hello, bot", "echo: bye")


@pytest.mark.usefixtures("bot")
async def test_two_senders_are_answered_at_the_same_time_without_mixing(
    platform: FakeAdapter, model: FakeModel
) -> None:
    model.gate.clear()
    await platform.receive("from ann", sender="ann", chat="a")
    await platform.receive("from bob", sender="bob", chat="b")
    await until_open(model, 2)
    model.gate.set()
    await platform.until("echo: from ann", chat="a")
    await platform.until("echo: from bob", chat="b")


@pytest.mark.usefixtures("bot")
async def test_an_answer_grows_in_one_message(platform: FakeAdapter, model: FakeModel) -> None:
    model.gate.clear()
    await platform.receive("hello")
    await platform.until("echo:")
    assert platform.num_typing > 0
    model.gate.set()
    await platform.until("echo: hello")
    (shown,) = platform.messages.values()
    assert shown.versions[0] == "echo:"


@pytest.mark.usefixtures("bot")
async def test_what_is_shown_in_full_is_not_edited_again(platform: FakeAdapter, model: FakeModel) -> None:
    model.script = lambda _: ["all of it", ""]
    model.gate.clear()
    await platform.receive("hello")
    await platform.until("all of it")
    model.gate.set()
    await platform.receive("/ping")
    await platform.until("all of it", "pong")
    assert [shown.versions for shown in platform.messages.values()] == [["all of it"], ["pong"]]


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("platform", [{"edit_interval": None}], indirect=True)
async def test_a_platform_without_edits_gets_one_whole_message(platform: FakeAdapter) -> None:
    await platform.receive("hello")
    await platform.until("echo: hello")
    (shown,) = platform.messages.values()
    assert set(shown.versions) == {"echo: hello"}


@pytest.mark.usefixtures("bot")
async def test_a_long_answer_arrives_whole_in_parts(platform: FakeAdapter, model: FakeModel) -> None:
    words = [f"word{number} " for number in range(150)]
    model.script = lambda _: words
    await platform.receive("go on")
    async with asyncio.timeout(20):
        while " ".join(platform.texts()).split() != "".join(words).split():
            await asyncio.sleep(0.01)
    assert len(platform.texts()) > 4


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("platform", [{"can_send_files": True}], indirect=True)
async def test_a_very_long_answer_ends_in_a_file_with_all_of_it(platform: FakeAdapter, model: FakeModel) -> None:
    words = [f"word{number} " for number in range(500)]
    model.script = lambda _: words
    await platform.receive("go on")
    await platform.until_text("whole answer is in this file")
    *parts, last = platform.messages.values()
    assert len(parts) == MAX_PARTS - 1
    shown = " ".join(part.text for part in parts).split()
    assert shown == "".join(words).split()[: len(shown)]
    assert last.file == File("answer.md", "".join(words).encode())


WIDE_TABLE = f"All of it:\n\n| name | what |\n|---|---|\n| one | {'wide ' * 12}|"


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("platform", [{"can_send_files": True}], indirect=True)
async def test_a_wide_table_comes_as_a_file_too(platform: FakeAdapter, model: FakeModel) -> None:
    model.script = lambda _: [WIDE_TABLE]
    await platform.receive("hello")
    await platform.until_text("is in this file")
    shown, file = platform.messages.values()
    assert "name | what" in shown.text
    assert (shown.file, file.file) == (None, File("answer.md", WIDE_TABLE.encode()))
    model.script = lambda _: [WIDE_TABLE.replace("wide ", "")]
    await platform.receive("narrower")
    await platform.receive("/ping")
    await platform.until_text("pong")
    assert [shown.file for shown in platform.messages.values()][2:] == [None, None]


@pytest.mark.usefixtures("bot")
async def test_a_sender_who_floods_many_chats_leaves_workers_to_others(platform: FakeAdapter, model: FakeModel) -> None:
    model.gate.clear()
    for number in range(BotSettings().num_workers * 2):
        await platform.receive("flood", sender="mallory", chat=f"chat{number}")
    await platform.receive("hello", sender="ann", chat="hers")
    async with asyncio.timeout(20):
        while not any(request["user"] == "fake:ann" for request in model.requests):
            await asyncio.sleep(0.01)
    model.gate.set()
    await platform.until("echo: hello", chat="hers")


@pytest.mark.usefixtures("bot")
async def test_a_model_lost_in_the_middle_is_asked_again(platform: FakeAdapter, model: FakeModel) -> None:
    model.num_cuts = 1
    await platform.receive("hello")
    await platform.until("echo: hello")
    assert model.questions() == ["hello", "hello"]


@pytest.mark.usefixtures("bot")
async def test_a_model_that_is_not_ready_is_asked_again(platform: FakeAdapter, model: FakeModel) -> None:
    model.num_refusals = 1
    await platform.receive("hello")
    await platform.until("echo: hello")


@pytest.mark.usefixtures("bot")
async def test_stop_ends_the_answer(platform: FakeAdapter, model: FakeModel) -> None:
    model.gate.clear()
    await platform.receive("hello")
    await platform.until("echo:")
    await platform.receive("/stop")
    async with asyncio.timeout(20):
        while not any("(stopped)" in text for text in platform.texts()):
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("bot")
async def test_retry_answers_again_and_replaces_the_turn(platform: FakeAdapter, model: FakeModel) -> None:
    await platform.receive("hello")
    await platform.until("echo: hello")
    model.script = lambda _: ["better"]
    await platform.receive("/retry")
    await platform.until("echo: hello", "better")
    await platform.receive("next")
    await until_asked(model, 3)
    assert [message["content"] for message in model.requests[1]["messages"]] == ["hello"]
    assert [message["content"] for message in model.requests[2]["messages"]] == ["hello", "better", "next"]


@pytest.mark.usefixtures("bot")
async def test_reset_begins_anew_and_keeps_what_was_stored(
    platform: FakeAdapter, model: FakeModel, tmp_path: Path
) -> None:
    await platform.receive("one")
    await platform.until("echo: one")
    await platform.receive("/reset")
    await platform.receive("two")
    await until_asked(model, 2)
    assert [message["content"] for message in model.requests[1]["messages"]] == ["two"]
    assert ("one", "echo: one") in rows(tmp_path, "SELECT question, answer FROM turns")


@pytest.mark.usefixtures("bot")
async def test_commands_answer_while_the_model_is_busy_with_others(platform: FakeAdapter, model: FakeModel) -> None:
    model.gate.clear()
    await platform.receive("hello", sender="ann", chat="a")
    await until_open(model, 1)
    await platform.receive("/ping", sender="bob", chat="b")
    await platform.until("pong", chat="b")
    model.gate.set()


@pytest.mark.usefixtures("bot")
async def test_an_unknown_command_is_told(platform: FakeAdapter) -> None:
    await platform.receive("/nonsense 你好")
    await platform.until("没有 /nonsense 这个命令。发送 /help 查看我会做什么。")


@pytest.mark.usefixtures("bot")
async def test_a_path_is_a_question_and_no_command(platform: FakeAdapter) -> None:
    await platform.receive("/usr/bin is full")
    await platform.until("echo: /usr/bin is full")


async def test_a_forbidden_question_is_refused_in_the_senders_language(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    (tmp_path / "terms.txt").write_text("sesame\n芝麻\n", encoding="utf-8")
    async with run_bot(safety={"word_lists": [str(tmp_path / "terms.txt")]}):
        await platform.receive("open SESAME")
        await platform.receive("芝麻开门")
        await platform.until(
            "I can't help with that. Please rephrase your message.", "抱歉，这个话题我帮不上忙，请换个说法再试。"
        )
    assert model.requests == []


async def test_a_forbidden_answer_is_never_shown_and_never_remembered(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    (tmp_path / "terms.txt").write_text("sesame\n", encoding="utf-8")
    model.script = lambda _: ["the word is ", "ses", "am", "e, now you know"]
    async with run_bot(safety={"word_lists": [str(tmp_path / "terms.txt")]}):
        await platform.receive("tell me")
        await platform.until("I stopped this answer because it broke the rules here. Please ask something else.")
        (shown,) = platform.messages.values()
        assert not any("ses" in version.replace("these rules", "") for version in shown.versions)
        model.script = lambda _: ["fine"]
        await platform.receive("next")
        await until_asked(model, 2)
    assert [message["content"] for message in model.requests[1]["messages"]] == ["next"]


@pytest.mark.usefixtures("bot")
async def test_a_group_message_to_others_is_ignored_and_not_kept(
    platform: FakeAdapter, model: FakeModel, tmp_path: Path
) -> None:
    await platform.receive("hi all", kind=ChatKind.GROUP, is_addressed=False)
    await platform.receive("bot, hi", kind=ChatKind.GROUP, message_id="42")
    await platform.until("echo: bot, hi")
    (shown,) = platform.messages.values()
    assert shown.reply_to == "42"
    assert model.questions() == ["bot, hi"]
    assert rows(tmp_path, "SELECT message_id FROM inbox") == [("42",)]


@pytest.mark.usefixtures("bot")
async def test_a_question_longer_than_the_context_is_told_with_numbers(platform: FakeAdapter, model: FakeModel) -> None:
    model.context_length = 300
    await platform.receive("x" * 500)
    await platform.until(
        "Your message is too long for this model: 502 tokens, and there is room for 200. Please shorten it."
    )
    assert model.requests == []


@pytest.mark.usefixtures("bot")
async def test_older_turns_that_no_longer_fit_are_told_once(platform: FakeAdapter, model: FakeModel) -> None:
    model.context_length = 250
    model.script = lambda _: ["a" * 40]
    answers = ["a" * 40, "a" * 40, "a" * 40]
    notice = "(Our conversation has grown long: from now on I no longer see its oldest messages. /reset starts anew.)"
    for number in range(4):
        await platform.receive(f"{number}" * 30)
    async with asyncio.timeout(20):
        while len(platform.texts()) < 4:
            await asyncio.sleep(0.01)
    assert platform.texts()[0] == answers[0]
    assert sum(notice in text for text in platform.texts()) == 1
    assert all(request["messages"][-1]["content"][0] in "0123" for request in model.requests)


@pytest.mark.usefixtures("bot")
async def test_after_a_reset_it_is_told_again_that_older_turns_no_longer_fit(
    platform: FakeAdapter, model: FakeModel
) -> None:
    model.context_length = 250
    model.script = lambda _: ["a" * 40]
    for number in range(4):
        await platform.receive(f"{number}" * 30)
    async with asyncio.timeout(20):
        while len(platform.texts()) < 4:
            await asyncio.sleep(0.01)
    await platform.receive("/reset")
    for number in range(4):
        await platform.receive(f"{number}" * 30)
    async with asyncio.timeout(20):
        while len(platform.texts()) < 9:
            await asyncio.sleep(0.01)
    assert sum("I no longer see its oldest messages" in text for text in platform.texts()) == 2


@pytest.mark.usefixtures("bot")
async def test_a_delivery_waits_as_the_platform_asks(platform: FakeAdapter) -> None:
    platform.faults.extend([RetryLater("slow down", after=0.05), RetryLater("slow down", after=0.05)])
    await platform.receive("hello")
    await platform.until("echo: hello")


@pytest.mark.usefixtures("bot")
async def test_a_message_refused_for_good_does_not_hold_up_the_next(platform: FakeAdapter) -> None:
    platform.faults.append(NotDelivered("gone"))
    await platform.receive("/ping")
    await platform.receive("hello")
    async with asyncio.timeout(20):
        while not platform.texts() or platform.texts()[-1] != "echo: hello":
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("bot")
async def test_a_live_message_that_somebody_deletes_is_sent_anew(platform: FakeAdapter, model: FakeModel) -> None:
    model.gate.clear()
    await platform.receive("hello")
    await platform.until("echo:")
    platform.messages.clear()
    model.gate.set()
    await platform.until("echo: hello")


@pytest.mark.usefixtures("bot")
async def test_a_live_send_of_unknown_fate_is_repeated_once_at_most(platform: FakeAdapter, model: FakeModel) -> None:
    model.gate.clear()
    platform.faults.append(NotDelivered("the answer was lost"))
    await platform.receive("hello")
    async with asyncio.timeout(20):
        while platform.faults:
            await asyncio.sleep(0.01)
    model.gate.set()
    await platform.until("echo: hello")
    (shown,) = platform.messages.values()
    assert set(shown.versions) == {"echo: hello"}


@pytest.mark.usefixtures("bot")
async def test_a_live_message_found_again_by_its_key_gets_its_final_text(
    platform: FakeAdapter, model: FakeModel
) -> None:
    model.script = lambda _: ["one ", "two ", *[""] * 8]
    model.pause = 0.05
    platform.lost_answers.append(RetryLater("the answer was lost", after=0.15))
    model.gate.clear()
    await platform.receive("hello")
    await platform.until("one")
    model.gate.set()
    await platform.receive("/ping")
    await platform.until("one two", "pong")


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("question", "notice"),
    [
        ("hello", "(Number 3 in line: my answer begins in about 13 seconds.)"),
        ("你好", "（排队中，第 3 位，大约 13 秒后开始回答。）"),
    ],
)
async def test_who_waits_long_sees_the_place_in_line_until_the_answer_comes(
    platform: FakeAdapter, model: FakeModel, question: str, notice: str
) -> None:
    model.places = ["3 12.5"]
    model.gate.clear()
    await platform.receive(question)
    await platform.until(notice)
    model.gate.set()
    await platform.until(f"echo: {question}")
    (shown,) = platform.messages.values()
    assert shown.versions[0] == notice


@pytest.mark.usefixtures("bot")
async def test_who_waits_shortly_sees_the_answer_only(platform: FakeAdapter, model: FakeModel) -> None:
    model.places = ["3 12.5", "1 0.0"]
    model.pause = 0.1
    await platform.receive("hello")
    await platform.until("echo: hello")
    (shown,) = platform.messages.values()
    assert set(shown.versions) <= {"echo:", "echo: hello"}


@pytest.mark.usefixtures("bot")
async def test_a_place_in_line_that_is_shown_is_no_second_message_when_the_model_server_dies(
    platform: FakeAdapter, model: FakeModel
) -> None:
    model.places = ["1 0.0"]
    model.num_cuts = 1
    model.gate.clear()
    await platform.receive("hello")
    await platform.until("(Number 1 in line.)")
    model.gate.set()
    await platform.until("echo: hello")
    assert len(model.requests) == 2


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("platform", [{"edit_interval": None}], indirect=True)
async def test_where_nothing_can_be_edited_no_place_in_line_is_sent(platform: FakeAdapter, model: FakeModel) -> None:
    model.places = ["3 12.5"]
    model.pause = LATE_AFTER + 0.2
    await platform.receive("hello")
    await platform.until("echo: hello")
    (shown,) = platform.messages.values()
    assert shown.versions == ["echo: hello"]


@pytest.mark.usefixtures("bot")
async def test_an_empty_answer_is_explained(platform: FakeAdapter, model: FakeModel) -> None:
    model.script = lambda _: []
    await platform.receive("hello")
    await platform.until("I have no answer to that. Please ask in other words.")


@pytest.mark.usefixtures("bot")
async def test_an_answer_that_goes_wrong_is_ended_and_kept_as_it_was_shown(
    platform: FakeAdapter, model: FakeModel, tmp_path: Path
) -> None:
    model.script = lambda _: ["It is Par", "is.\n\nUs", "er: And which is that of Ger", "many?\nAssistant: Berlin."]
    await platform.receive("Which is the capital of France?")
    await platform.until(
        "It is Paris.\n\n(I ended this answer here, because it went wrong. Ask again, or in other words.)"
    )
    assert rows(tmp_path, "SELECT answer, state FROM turns") == [("It is Paris.\n\n", "complete")]


@pytest.mark.usefixtures("bot")
async def test_lone_surrogates_and_nuls_do_no_harm(platform: FakeAdapter, model: FakeModel) -> None:
    await platform.receive("a\ud800b\x00c")
    await until_asked(model, 1)
    assert model.questions() == ["a\ufffdb\ufffdc"]


async def test_blocked_senders_are_ignored(platform: FakeAdapter, model: FakeModel, run_bot: RunBot) -> None:
    async with run_bot(admission={"blocked_senders": ["fake:ann"]}):
        await platform.receive("hello", sender="ann")
        await platform.receive("hi", sender="bob")
        await platform.until("echo: hi")
    assert model.questions() == ["hi"]


async def test_stopping_lets_a_running_answer_finish(platform: FakeAdapter, model: FakeModel, run_bot: RunBot) -> None:
    model.gate.clear()
    async with run_bot() as app:
        await platform.receive("hello")
        await platform.until("echo:")
        app.stop()
        asyncio.get_running_loop().call_later(0.2, model.gate.set)
    assert platform.texts() == ["echo: hello"]


FEEDBACK = '''
"""Thanks for reactions."""
from glmbot.api import Context, Plugin

plugin = Plugin("feedback")


@plugin.reacted
async def reacted(ctx: Context) -> None:
    reaction = ctx.event.reaction
    await ctx.send(f"{reaction.emoji} {reaction.is_removed} under {reaction.message_id}")
'''


async def test_plugins_are_told_of_reactions_in_their_turn_and_once(
    platform: FakeAdapter, model: FakeModel, run_bot: RunBot, tmp_path: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "feedback.py").write_text(FEEDBACK)
    model.gate.clear()
    async with run_bot(plugins={"folder": str(tmp_path / "plugins")}):
        await platform.receive("hello")
        await platform.until("echo:")
        for _ in range(2):
            await platform.receive("", message_id="r1", reaction=Reaction("m1", "👍"))
        await platform.receive("", message_id="r2", reaction=Reaction("m1", "👍", is_removed=True))
        model.gate.set()
        await platform.until("echo: hello", "👍 False under m1", "👍 True under m1")


SILENT = '''
"""Tells of reactions, but not of those in the chat of nobody; answers them with another."""
from glmbot.api import Context, Plugin, Refusal

plugin = Plugin("silent")


@plugin.screen_event
async def screen(ctx: Context) -> Refusal | None:
    return Refusal("closed", "We are closed.") if ctx.event.chat.chat_id == "nobody" else None


@plugin.reacted
async def reacted(ctx: Context) -> None:
    can_react = await ctx.react("👀")
    emoji = ctx.event.reaction.emoji
    await ctx.send(f"{emoji[0]}, {len(emoji)} by {ctx.event.sender.sender_id}, {can_react}")
'''


async def test_a_reaction_that_is_refused_is_refused_in_silence(
    platform: FakeAdapter, run_bot: RunBot, tmp_path: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "silent.py").write_text(SILENT)
    admission = {"blocked_senders": ["fake:eve"]}
    async with run_bot(plugins={"folder": str(tmp_path / "plugins")}, admission=admission):
        await platform.receive("", chat="nobody", reaction=Reaction("m1", "👍"))
        await platform.receive("", sender="eve", reaction=Reaction("m1", "👍"))
        await platform.receive("", sender="bob", reaction=Reaction("m1", "\ud800" + "x" * 300))
        await platform.until("\ufffd, 256 by bob, False")
    assert platform.texts("nobody") == []
    assert rows(tmp_path, "SELECT DISTINCT state FROM inbox") == [("done",)]


@pytest.mark.usefixtures("bot")
async def test_a_reaction_that_no_plugin_wants_is_not_kept(platform: FakeAdapter, tmp_path: Path) -> None:
    await platform.receive("", reaction=Reaction("m1", "👍"))
    await platform.receive("hello")
    await platform.until("echo: hello")
    assert rows(tmp_path, "SELECT count(*) FROM inbox") == [(1,)]
