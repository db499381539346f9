"""Tells what the bot can do, from the docstrings of its commands."""

from glmbot.api import CommandHelp, Context, Plugin

plugin = Plugin("help")


@plugin.command("help", aliases=["start"])
async def help(ctx: Context, command: str = "") -> str:
    """Say what I can do, or how one command works.

    中文：看看我会做什么；加上命令名，可查看它的用法。
    """
    if command:
        return _one(ctx, command.removeprefix("/").lower())
    head = ctx.localized("Write to me, or use a command:", "直接发消息给我，或者使用命令：")
    foot = ctx.localized("/help and a command's name tells more.", "发送 /help 加命令名，可查看详细用法。")
    lines = [f"- /{one.name}: {one.summary(ctx.language)}" for one in ctx.commands]
    return "\n".join([head, "", *lines, "", foot])


def _one(ctx: Context, name: str) -> str:
    for command in ctx.commands:
        if name in (command.name, *command.aliases):
            return _explained(ctx, command)
    raise ctx.user_error(f"There is no command /{name}; /help shows all.", f"没有 /{name} 这个命令；看全部：/help")


def _explained(ctx: Context, command: CommandHelp) -> str:
    lines = [f"`{command.usage}`", "", command.help[ctx.language]]
    if command.aliases:
        others = ", ".join(f"/{alias}" for alias in command.aliases)
        lines += ["", ctx.localized(f"Also: {others}", f"也可以用：{others}")]
    return "\n".join(lines)
