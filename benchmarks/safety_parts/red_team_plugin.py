"""A plugin that says what it is told to, in each way that plugins have: what it says must be judged like all else."""

from collections.abc import AsyncIterator
from datetime import timedelta

from glmbot.api import Answer, BotContext, Button, Chat, ChatKind, Context, File, Plugin, Refusal, UserError

plugin = Plugin("red_team")
CUT = "|"
"""Between two parts of a text."""


@plugin.command("out")
async def out(ctx: Context, way: str, text_hex: str) -> object:
    """Say a text: it comes in hex, so that it is not judged on its way in."""
    text = bytes.fromhex(text_hex).decode()
    if way in ("send", "sends"):
        for part in text.split(CUT) if way == "sends" else [text]:
            await ctx.send(part)
        return "done"
    if way == "error":
        raise UserError(text)
    if way == "reaction":
        return "it is there" if await ctx.react(text) else "no"
    if way == "sender":
        return f"Hello {ctx.event.sender.name}!"
    if way == "later":
        chat = ctx.event.chat
        await ctx.store.set("later", [chat.adapter, chat.chat_id, text])
        return "later"
    if way == "ask":
        await ctx.send("What?")
        return f"heard {await ctx.wait_for_reply()}"
    return _answer(way, text)


def _answer(way: str, text: str) -> object:
    if way == "stream":
        return _pieces(text)
    if way in ("label", "labels"):
        parts = text.split(CUT) if way == "labels" else [text]
        return Answer("choose", [Button(part, f"/help {number}") for number, part in enumerate(parts)])
    answers = {
        "reply": Answer(text),
        "command": Answer("choose", [Button("choose", text)]),
        "name": Answer("see", file=File(f"{text}.bin", b"\0")),
        "text": Answer("see", file=File("a.txt", text.encode())),
        "caption": Answer(text, file=File("a.bin", b"\0")),
        "notice": Answer("see", [Button("see", "/help")], File(f"{text}.txt", b"x")),
    }
    return answers[way]


async def _pieces(text: str) -> AsyncIterator[str]:
    for letter in text:
        yield letter


@plugin.screen_event
async def screen(ctx: Context) -> Refusal | None:
    """Refuse in the words of the message."""
    _, found, text_hex = ctx.event.text.partition("/out refusal ")
    return Refusal("asked to", bytes.fromhex(text_hex).decode()) if found else None


@plugin.every(timedelta(seconds=1))
async def say_later(ctx: BotContext) -> None:
    """Send what was asked for."""
    if kept := await ctx.store.get("later"):
        assert isinstance(kept, list)
        adapter, chat_id, text = map(str, kept)
        await ctx.send_to(Chat(adapter, chat_id, ChatKind.PRIVATE), text)
        await ctx.store.delete("later")
