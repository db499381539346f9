"""Lets a sender begin the conversation anew, stop an answer, or ask for another one."""

from glmbot.api import Context, Plugin, ReplyValue

plugin = Plugin("chat_control")


@plugin.command("reset")
async def reset(ctx: Context) -> str:
    """Forget our conversation and begin anew.

    中文：忘掉之前的对话，重新开始。
    """
    await ctx.conversation.reset()
    return ctx.localized("Let's begin anew.", "好的，我们重新开始。")


@plugin.command("stop", immediate=True)
async def stop(ctx: Context) -> str | None:
    """Stop the answer that I am writing, or the question that I am asking you.

    中文：停止正在写的回答，或者取消我正在问你的问题。
    """
    if await ctx.conversation.stop():
        return None  # the answer itself ends with "(stopped)"
    return ctx.localized("I am not writing anything at the moment.", "我现在没有在写回答。")


@plugin.command("retry")
async def retry(ctx: Context) -> ReplyValue:
    """Answer your last question again.

    中文：重新回答你的上一个问题。
    """
    answer = await ctx.conversation.retry()
    return answer or ctx.localized("You have not asked me anything yet.", "你还没有问过我问题。")
