"""Tells how the bot is: its version, its model, its queue and its platforms."""

from glmbot.api import AdapterState, Context, ModelState, Plugin, format_duration

plugin = Plugin("status")

MODEL = {
    ModelState.READY: ("it is ready", "已就绪"),
    ModelState.LOADING: ("it is still loading; questions wait for it", "正在加载，问题会等它"),
    ModelState.AWAY: ("it is away; questions wait for it", "暂时不在，问题会等它"),
}
ADAPTER = {
    AdapterState.RUNNING: ("runs", "正常"),
    AdapterState.SILENT: ("runs, but its platform is silent", "在运行，但平台没有响应"),
    AdapterState.WAITING: ("failed, and starts again soon", "出了故障，即将重新启动"),
    AdapterState.ENDED: ("has ended", "已结束"),
}


@plugin.command("status", immediate=True)
async def status(ctx: Context) -> str:
    """Say how I am: model, waiting messages, platforms.

    中文：看看我的状态：模型、等待的消息、各平台。
    """
    now = await ctx.status()
    uptime = format_duration(now.uptime)
    others = max(0, now.num_open - 1)  # but for this one
    lines = [
        ctx.localized(f"glmbot {now.version}, running for {uptime}", f"glmbot {now.version}，已运行 {uptime}"),
        ctx.localized(f"- model: {MODEL[now.model][0]}", f"- 模型：{MODEL[now.model][1]}"),
        ctx.localized(f"- messages not yet answered: {others}", f"- 尚未回答的消息：{others}"),
    ]
    for name, state in sorted(now.adapters.items()):
        english, chinese = ADAPTER[state]
        lines.append(ctx.localized(f"- {name}: {english}", f"- {name}：{chinese}"))
    return "\n".join(lines)
