"""Reminds senders of what they asked for, also after a restart."""

from contextlib import suppress
from datetime import timedelta

from pydantic import BaseModel, PositiveInt

from glmbot.api import BotContext, Context, MessageEvent, NotDelivered, Plugin, Rest, format_duration


class Settings(BaseModel):
    max_per_sender: PositiveInt = 20


class Reminder(BaseModel):
    due: float
    asked: MessageEvent


plugin = Plugin("reminders", config=Settings)


@plugin.command("remind")
async def remind(ctx: Context[Settings], after: timedelta, text: Rest) -> str:
    """Remind you of something: /remind 1h30m take the bread out. 中文：到时间提醒你，例如：/remind 10分钟 喝水"""
    if len(await _rows(ctx, ctx.conversation_key)) >= ctx.config.max_per_sender:
        raise ctx.user_error("You have too many reminders; see /unremind.", "提醒太多了，请先用 /unremind 取消。")
    due = ctx.event.sent_at + after.total_seconds()  # the same row again, should this message be handled twice
    row = Reminder(due=due, asked=ctx.event.with_text(text)).model_dump(mode="json")
    await ctx.store.set(f"{ctx.conversation_key}{due:015.3f} {ctx.event.message_id}", row)
    return ctx.localized(f"I'll remind you in {format_duration(after)}.", f"好的，{format_duration(after)} 后提醒你。")


@plugin.command("reminders")
async def reminders(ctx: Context[Settings]) -> str:
    """List your reminders in this chat. 中文：列出你在这个聊天里的提醒。"""
    own = [one for _, one in await _rows(ctx, ctx.conversation_key)]
    lines = [f"{n}. {one.asked.text} ({format_duration(one.due - ctx.now())})" for n, one in enumerate(own, start=1)]
    return "\n".join(lines) or ctx.localized("You have no reminders here.", "你在这里没有提醒。")


@plugin.command("unremind")
async def unremind(ctx: Context[Settings], number: int) -> str:
    """Delete a reminder by its number in /reminders. 中文：按 /reminders 里的编号取消提醒。"""
    own = await _rows(ctx, ctx.conversation_key)
    if not (0 < number <= len(own) and await ctx.store.delete(own[number - 1][0])):
        raise ctx.user_error(f"You have no reminder {number}; see /reminders.", f"没有提醒 {number}，请看 /reminders。")
    return ctx.localized("It is deleted.", "已取消。")


@plugin.every(timedelta(seconds=5))
async def send_due(ctx: BotContext) -> None:
    for key, one in [row for row in await _rows(ctx) if row[1].due <= ctx.now()]:
        with suppress(NotDelivered):  # its platform is switched off; it is sent when that is back
            await ctx.send_to(one.asked.chat, f"⏰ {one.asked.sender.name}: {one.asked.text}")
            await ctx.store.delete(key)  # in this order a crash between them repeats a reminder, but loses none


async def _rows(ctx: BotContext, prefix: str = "") -> list[tuple[str, Reminder]]:
    return [(key, Reminder.model_validate(row)) for key, row in await ctx.store.items(prefix)]  # in order of time
