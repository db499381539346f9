"""Reports to the admins, and what they do about them: events in, messages out."""

import asyncio

import pytest

from glmbot.app import App
from glmbot.events import Language
from glmbot.phrases import Phrase
from tests.dispatch.moderated import RunModerated, facts_of, log_of
from tests.fakes.adapter import FakeAdapter, Shown
from tests.fakes.model import FakeModel
from tests.postgres import PostgresServer

HELD = Phrase.HELD.in_language(Language.ENGLISH)
BLOCKED = Phrase.BLOCKED_IN.in_language(Language.ENGLISH)


@pytest.fixture(autouse=True)
def polite(model: FakeModel) -> None:
    model.script = lambda messages: ["answer to ", messages[-1]["content"].replace("bad-", "")]


async def report(platform: FakeAdapter) -> Shown:
    """Wait for the report in the admins' chat."""
    await platform.until_text("Report ")
    return next(shown for shown in platform.messages.values() if shown.chat.chat_id == "admin")


async def press(platform: FakeAdapter, index: int, sender: str = "boss", chat: str = "admin") -> str:
    """Press a button of the report, from left to right; return its command."""
    command = (await report(platform)).buttons[index].command
    await platform.receive(command, sender=sender, chat=chat)
    return command


async def test_what_is_escalated_waits_for_an_admin_who_sees_it_masked(
    run_moderated: RunModerated, platform: FakeAdapter, model: FakeModel
) -> None:
    async with run_moderated(platform):
        await platform.receive("bad-escalate secret-4711")
        await platform.until(HELD)
        shown = await report(platform)
        assert "es***" in shown.text
        assert "fake:ann" in shown.text
        assert "4711" not in shown.text
        assert [button.command.split()[0] for button in shown.buttons] == ["/approve", "/mute", "/ban"]
        assert model.requests == []


async def test_an_approved_message_gets_its_answer_once_however_often_it_is_approved(
    run_moderated: RunModerated, platform: FakeAdapter, model: FakeModel
) -> None:
    async with run_moderated(platform) as app:
        await platform.receive("bad-escalate")
        await asyncio.gather(*(press(platform, 0) for _ in range(3)))
        await platform.until(HELD, "answer to escalate")
        await app.idle("fake")
        assert len(model.requests) == 1
        assert len([text for text in platform.texts("admin") if "was approved by fake:boss" in text]) == 3
        assert [fact for fact in await facts_of(app) if fact[0] == "admin"] == [("admin", "approved", "")]


async def test_an_answer_to_an_approved_message_is_judged_all_the_same(
    run_moderated: RunModerated, platform: FakeAdapter, model: FakeModel
) -> None:
    model.script = lambda _: ["bad-block"]
    async with run_moderated(platform):
        await platform.receive("bad-escalate")
        await press(platform, 0)
        await platform.until(HELD, Phrase.BLOCKED_OUT.in_language(Language.ENGLISH))


@pytest.mark.parametrize(("sender", "chat"), [("ann", "room"), ("mallory", "admin")])
async def test_a_press_by_somebody_who_is_no_admin_does_nothing(
    run_moderated: RunModerated, platform: FakeAdapter, model: FakeModel, sender: str, chat: str
) -> None:
    roles = {"roles": {"admin": ["fake:boss"]}}
    async with run_moderated(platform, admission=roles) as app:
        await platform.receive("bad-escalate")
        await press(platform, 0, sender, chat)
        await platform.until_text("I don't know the command /approve")
        await app.idle("fake")
        assert model.requests == []
        await press(platform, 0, "boss", "any chat")
        await platform.until_text("answer to escalate")


async def test_a_report_can_be_decided_after_a_restart(
    run_moderated: RunModerated, platform: FakeAdapter, model: FakeModel
) -> None:
    async with run_moderated(platform) as app:
        await platform.receive("bad-escalate", message_id="first")
        button = (await report(platform)).buttons[0]
        await app.idle("fake")
    again = FakeAdapter(max_length=2000)
    async with run_moderated(again):
        await again.receive(button.command, sender="boss", chat="admin", message_id="second")
        await again.until("answer to escalate")


async def test_a_ban_holds_in_every_chat_in_silence_until_it_is_lifted(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform) as app:
        await platform.receive("bad-escalate")
        await press(platform, 2)
        await platform.until_text("fake:ann is banned")
        await platform.receive("hello", chat="another chat")
        await app.idle("fake")
        assert platform.texts("another chat") == []
        await platform.receive("/pardon fake:ann", sender="boss", chat="admin")
        await platform.until_text("stands as everyone does")
        await platform.receive("hello again", chat="another chat")
        await platform.until("answer to hello again", chat="another chat")
        (entry, *_) = [one for one in await log_of(app, sender="fake:ann") if one.action == "banned"]
        assert (entry.rule, entry.by) == ("admin", "fake:boss")


async def test_a_decided_report_says_who_decided_it(run_moderated: RunModerated, platform: FakeAdapter) -> None:
    async with run_moderated(platform):
        await platform.receive("bad-escalate")
        await press(platform, 2)
        await platform.until_text("is banned")
        await press(platform, 0, sender="other boss")
        await platform.until_text("was decided already by fake:boss: banned")


async def test_a_mute_has_an_end_and_is_told_once(run_moderated: RunModerated, platform: FakeAdapter) -> None:
    clock = run_moderated.clock
    async with run_moderated(platform) as app:
        await platform.receive("/mute fake:ann 10m", sender="boss", chat="admin")
        await platform.until("fake:ann is muted for 10 minutes.", chat="admin")
        for _ in range(3):
            await platform.receive("hello")
        await app.idle("fake")
        assert platform.texts() == [Phrase.MUTED.in_language(Language.ENGLISH, wait="10 minutes")]
        clock.set(clock.now() + 601)
        await platform.receive("hello")
        await platform.until_text("answer to hello")


async def test_a_chat_can_be_banned_but_no_admin_is_shut_out(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform) as app:
        for command in ("/ban chat fake:room", "/ban chat fake:admin", "/ban fake:boss"):
            await platform.receive(command, sender="boss", chat="admin")
        await app.idle("fake")
        await platform.receive("hello")
        await platform.receive("/pardon chat fake:room", sender="boss", chat="admin")
        await platform.until_text("fake:room stands as everyone does")
        await platform.receive("hello again")
        await platform.until("answer to hello again")


async def test_who_is_allowed_comes_in_although_the_list_is_closed(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform, admission={"allowed_senders": ["fake:eve"]}) as app:
        await platform.receive("one")
        await app.idle("fake")
        await platform.receive("/allow fake:ann", sender="boss", chat="admin")
        await platform.until_text("fake:ann is allowed")
        await platform.receive("two")
        await platform.until("answer to two")


NOBODY = ["", " nobody:1", " fake:", " \ud800", " chat", f" {'x' * 1000}", f" fake:{'x' * 256}", " 1h"]


@pytest.mark.parametrize("command", [f"/mute{who}" for who in NOBODY] + ["/ban", "/pardon fake:", "/allow chat"])
async def test_a_command_that_names_nobody_is_answered_with_its_form(
    run_moderated: RunModerated, platform: FakeAdapter, command: str
) -> None:
    async with run_moderated(platform):
        await platform.receive(command, sender="boss", chat="admin")
        await platform.until_text("WHO is the code of a report")


async def test_an_unknown_report_is_said_to_be_unknown(run_moderated: RunModerated, platform: FakeAdapter) -> None:
    async with run_moderated(platform):
        await platform.receive("/approve nonsense", sender="boss", chat="admin")
        await platform.until(Phrase.REPORT_UNKNOWN.in_language(Language.ENGLISH, code="nonsense"), chat="admin")


async def test_without_an_admins_chat_what_is_escalated_is_blocked(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform, bot={"admin_chats": []}):
        await platform.receive("bad-escalate")
        await platform.until(BLOCKED)


async def test_a_platform_without_buttons_is_given_the_commands(run_moderated: RunModerated) -> None:
    plain = FakeAdapter(max_length=2000, can_show_buttons=False)
    async with run_moderated(plain):
        await plain.receive("bad-escalate")
        text = (await report(plain)).text
        assert all(f"/{command} " in text for command in ("approve", "mute", "ban"))


ASKER = """
from glmbot.api import Context, Plugin
plugin = Plugin("asker")

@plugin.command("ask")
async def ask(ctx: Context) -> str:
    await ctx.send("your name?")
    return f"hello {await ctx.wait_for_reply()}"
"""


async def test_a_plugin_that_waits_is_no_way_around_a_ban_and_what_it_is_given_is_logged(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    (run_moderated.folder / "my_plugins" / "asker.py").write_text(ASKER, encoding="utf-8")
    async with run_moderated(platform) as app:
        await platform.receive("/ask", sender="eve", chat="free")
        await platform.until("your name?", chat="free")
        await platform.receive("bad-log", sender="eve", chat="free")
        await platform.until("your name?", "hello bad-log", chat="free")
        assert [entry.sender_id for entry in await log_of(app)] == ["eve"]
        await platform.receive("/ask")
        await platform.until("your name?")
        await platform.receive("/ban fake:ann", sender="boss", chat="admin")
        await platform.until_text("fake:ann is banned")
        await platform.receive("Ann")
        await platform.receive("/stop")
        await platform.receive("/pardon fake:ann", sender="boss", chat="admin")
        await platform.until_text("stands as everyone does")
        assert platform.texts() == ["your name?"]
        await platform.receive("/stop")
        await platform.until("your name?", "hello None")


async def test_two_bots_on_one_database_agree(run_moderated: RunModerated, postgres: PostgresServer) -> None:
    """The admins' platform belongs to the first, the sender's to the second, which stands by for the other."""
    storage = {"url": postgres.new_url()}
    admins, theirs = FakeAdapter(max_length=2000, can_show_buttons=True), FakeAdapter("theirs", max_length=2000)
    second = {"data_dir": str(run_moderated.folder / "second")}
    async with run_moderated(admins, storage=storage):
        await admins.receive("hello")
        await admins.until("answer to hello")
        standby = FakeAdapter(max_length=2000, can_show_buttons=True)
        async with run_moderated(theirs, standby, storage=storage, bot=second) as app:
            await theirs.receive("bad-escalate")
            await theirs.until(HELD)
            await press(admins, 0)
            await theirs.until(HELD, "answer to escalate")
            await press(admins, 2)
            await admins.until_text("theirs:ann is banned")
            async with asyncio.timeout(20):
                while await answered(theirs, app):
                    await asyncio.sleep(0.05)
            assert standby.messages == {}


async def answered(platform: FakeAdapter, app: App) -> bool:
    """Tell whether another message is answered."""
    before = len(platform.messages)
    await platform.receive("hello")
    await app.idle(platform.name)
    return len(platform.messages) > before
