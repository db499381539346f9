"""Say pong, to show that I am alive. 中文：回答 pong，说明我在线。"""

from glmbot.api import Context, Plugin

plugin = Plugin("ping")


@plugin.command("ping")
async def ping(ctx: Context) -> str:
    return "pong"
