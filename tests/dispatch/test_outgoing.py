"""What plugins send besides replies: it is judged as replies are."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from glmbot.content import Button, File
from glmbot.events import Language
from glmbot.phrases import Phrase
from tests.conftest import RunBot
from tests.dispatch.moderated import RunModerated, log_of
from tests.dispatch.test_safety_in_the_bot import RULE, stored
from tests.fakes.adapter import FakeAdapter

WITHHELD = Phrase.WITHHELD.in_both_languages()
STOPPED = Phrase.BLOCKED_OUT.in_language(Language.ENGLISH)
TALKER = dedent("""
    from glmbot.api import Answer, Button, Context, File, Plugin, Refusal, UserError

    plugin = Plugin("talker")
    FORBIDDEN = "ses" "ame"

    @plugin.command("send")
    async def send(ctx: Context) -> str:
        await ctx.send(f"say {FORBIDDEN} now")
        await ctx.send("card 4111 1111 1111 1111")
        return "done"

    @plugin.command("fail")
    async def fail(ctx: Context) -> str:
        raise UserError(f"say {FORBIDDEN} now")

    @plugin.command("file")
    async def file(ctx: Context, name: str, forbidden: bool = False) -> Answer:
        text = FORBIDDEN if forbidden else "card 4111 1111 1111 1111"
        return Answer("look", file=File(name, text.encode()))

    @plugin.command("buttons")
    async def buttons(ctx: Context, forbidden: bool = False) -> Answer:
        command = FORBIDDEN if forbidden else "card 4111 1111 1111 1111"
        return Answer("look", [Button("card 4111 1111 1111 1111", f"/x {command}")])

    @plugin.command("like")
    async def like(ctx: Context) -> str:
        return str(await ctx.react(FORBIDDEN))

    @plugin.screen_event
    async def screen(ctx: Context) -> Refusal | None:
        return Refusal("test", f"say {FORBIDDEN} now") if "refuse" in ctx.event.text else None
""")


@pytest.fixture
def sections(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of a bot with a plugin that says what it should not, and the word that is forbidden."""
    (tmp_path / "talking").mkdir()
    (tmp_path / "talking" / "talker.py").write_text(TALKER, encoding="utf-8")
    (tmp_path / "terms.txt").write_text("sesame\n", encoding="utf-8")
    return {"plugins": {"folder": str(tmp_path / "talking")}, "safety": {"word_lists": [str(tmp_path / "terms.txt")]}}


@pytest.fixture
async def platform() -> FakeAdapter:
    return FakeAdapter(can_send_files=True, can_show_buttons=True)


async def test_what_a_plugin_sends_is_withheld_or_redacted_and_logged(
    platform: FakeAdapter, run_bot: RunBot, sections: dict[str, Any], tmp_path: Path
) -> None:
    async with run_bot(**sections) as app:
        await platform.receive("/send")
        await platform.until(WITHHELD, "card [BANK_CARD]", "done")
        found = [(one.action, one.direction, one.chat_id, one.sender_id) for one in await log_of(app)]
    assert found == [("block", "out", "room", ""), ("redact", "out", "room", "")]
    assert b"4111" not in stored(tmp_path)


@pytest.mark.parametrize("text", ["/fail", "refuse me"])
async def test_a_plugins_error_and_refusal_are_judged(
    platform: FakeAdapter, run_bot: RunBot, sections: dict[str, Any], text: str
) -> None:
    async with run_bot(**sections):
        await platform.receive(text)
        await platform.until(STOPPED)


async def test_name_and_text_of_a_plugins_file_are_judged(
    platform: FakeAdapter, run_bot: RunBot, sections: dict[str, Any]
) -> None:
    async with run_bot(**sections):
        await platform.receive("/file a.txt yes")
        await platform.until(STOPPED)
        await platform.receive("/file 4111111111111111.txt")
        await platform.until(STOPPED, "look", "[BANK_CARD].txt")
    assert list(platform.messages.values())[-1].file == File("[BANK_CARD].txt", b"card [BANK_CARD]")


async def test_labels_and_commands_of_buttons_are_judged(
    platform: FakeAdapter, run_bot: RunBot, sections: dict[str, Any]
) -> None:
    async with run_bot(**sections):
        await platform.receive("/buttons yes")
        await platform.until(STOPPED)
        await platform.receive("/buttons")
        await platform.until(STOPPED, "look")
    *_, shown = platform.messages.values()
    assert shown.buttons == (Button("card [BANK_CARD]", "/x card [BANK_CARD]"),)


async def test_a_reminder_shows_no_name_that_must_not_be_shown(
    platform: FakeAdapter, run_bot: RunBot, sections: dict[str, Any]
) -> None:
    async with run_bot(**sections):
        await platform.receive("/remind 1s tea", sender="open s.e.s.a.m.e")
        await platform.until_text(WITHHELD)
    assert not any("s.e.s" in text for text in platform.texts())


async def test_a_report_of_what_a_plugin_sent_has_nobody_to_mute(
    run_moderated: RunModerated, platform: FakeAdapter
) -> None:
    async with run_moderated(platform):
        asked = await platform.receive("/remind 1s tea", sender="bad-escalate")
        await platform.until_text("remind you")
        run_moderated.clock.set(asked.sent_at + 10)
        await platform.until_text("was stopped: rule")
    (report,) = [shown for shown in platform.messages.values() if shown.chat.chat_id == "admin"]
    assert report.buttons == ()


async def test_a_rule_for_a_role_holds_for_who_has_it(platform: FakeAdapter, run_bot: RunBot, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    rule = RULE.format("block", "gizmo") + 'roles = ["patron"]\n'
    (folder / "own.toml").write_text(rule, encoding="utf-8")
    async with run_bot(safety={"policies": str(folder)}, admission={"roles": {"patron": ["fake:eve"]}}):
        await platform.receive("gizmo")
        await platform.until("echo: gizmo")
        await platform.receive("gizmo", sender="eve", chat="other")
        await platform.until(Phrase.BLOCKED_IN.in_language(Language.ENGLISH), chat="other")
