"""Gives the bot a name and a character, for each chat its own."""

from dataclasses import replace

from pydantic import BaseModel, Field, ValidationError

from glmbot.api import Answer, Button, Context, Plugin, Prompt, Rest


class Persona(BaseModel):
    """Who the bot is: also the plugin's settings, which hold the default."""

    name: str = Field("", max_length=50, description="What the bot is called; empty: it has no persona.")
    text: str = Field("", max_length=500, description="How it is and speaks.")


plugin = Plugin("persona", config=Persona)


@plugin.command("persona")
async def persona(ctx: Context[Persona], name: str | None = None, text: Rest | None = None) -> str | Answer:
    """Give me a name and a character in this chat: /persona Nova You are a patient teacher.

    /persona shows who I am, /persona off goes back to who I am elsewhere.
    中文：在这个聊天里给我起名字、定性格，例如：/persona 小星 你是一位有耐心的老师。
    发送 /persona 查看现在的设定，发送 /persona off 恢复默认。
    """
    if name == "off":
        await ctx.store.delete(ctx.chat_key)
    elif name:
        await ctx.store.set(ctx.chat_key, _checked(ctx, name, text or "").model_dump())
    current = await _current(ctx)
    shown = ctx.localized(f"I am called {current.name}. {current.text}", f"我叫{current.name}。{current.text}")
    nobody = ctx.localized("I have no persona in this chat.", "我在这个聊天里没有设定。")
    answer = shown.strip() if current.name else current.text or nobody
    if await ctx.store.get(ctx.chat_key) is None:
        return answer
    return Answer(answer, [Button(ctx.localized("Back to normal", "恢复默认"), "/persona off")])


@plugin.edit_prompt
async def speak_as_persona(ctx: Context[Persona], prompt: Prompt) -> Prompt:
    """Tell the model who it is, before anything else."""
    current = await _current(ctx)
    name = ctx.localized(f"You are called {current.name}. ", f"你叫{current.name}。") if current.name else ""
    system = f"{name}{current.text}\n{prompt.system or ''}".strip()
    return replace(prompt, system=system or None)


async def _current(ctx: Context[Persona]) -> Persona:
    stored = await ctx.store.get(ctx.chat_key)
    return Persona.model_validate(stored) if stored else ctx.config


def _checked(ctx: Context[Persona], name: str, text: str) -> Persona:
    try:
        return Persona(name=name, text=text)
    except ValidationError as error:
        english = "That is too long: a name has at most 50 letters, a character 500."
        raise ctx.user_error(english, "太长了：名字最多 50 个字，性格描述最多 500 个字。") from error
