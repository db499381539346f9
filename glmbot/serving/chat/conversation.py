"""A conversation as the chat formats take it: messages, tools, and the calls of tools."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from glmbot.errors import GlmbotError

Role = Literal["system", "user", "assistant", "tool"]


class ConversationError(GlmbotError, ValueError):
    """A list of messages that the model has no prompt for."""


class ToolsNotSupported(ConversationError):
    """The model's chat format has no place for tools."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask for. `definition` is its JSON: name, description, parameters."""

    name: str
    definition: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a function; `arguments` is the text of a JSON object, `call_id` names the call."""

    name: str
    arguments: str
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message. Only an assistant's has calls; only a tool's, which is a result, has the id of its call."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


def plain_turns(messages: Sequence[ChatMessage], tools: Sequence[Tool], model: str) -> list[tuple[str, str]]:
    """Return (role, content) for a model that knows no tools. Raises ToolsNotSupported or ConversationError."""
    remedy = "serve ChatGLM3-6B or a newer model"
    if tools:
        raise ToolsNotSupported(f"{model} does not know tools; leave the field out, or {remedy}")
    if any(message.tool_calls or message.role == "tool" for message in messages):
        raise ConversationError(f"{model} does not know tools, so no message may call one or be a result; {remedy}")
    return [(message.role, message.content) for message in messages]


def check_last_message(messages: Sequence[ChatMessage]) -> None:
    """Raise ConversationError unless the last message is one to answer."""
    if not messages or messages[-1].role not in ("user", "tool"):
        raise ConversationError("the last message must be of 'user' or 'tool': it is the one to answer")


def check_tool_results(messages: Sequence[ChatMessage]) -> None:
    """Raise ConversationError unless the results of an assistant's calls, all of them, follow it at once."""
    waiting: set[str] = set()
    for message in messages:
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise ConversationError(
                    f"the 'tool' message with tool_call_id {message.tool_call_id!r} answers no call of the "
                    "'assistant' message before it"
                )
            waiting.remove(message.tool_call_id)
        elif waiting:
            raise ConversationError(f"the call {min(waiting)!r} has no 'tool' message with its result")
        else:
            waiting = {call.call_id for call in message.tool_calls}
    if waiting:
        raise ConversationError(f"the call {min(waiting)!r} has no 'tool' message with its result")
