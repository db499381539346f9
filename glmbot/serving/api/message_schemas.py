"""The JSON of a conversation in a request: its messages, its tools, and the calls of tools in it."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
)

from glmbot.serving.chat.conversation import ChatMessage, Tool, ToolCall

MAX_TOOLS = 128
"""https://platform.openai.com/docs/api-reference/chat/create: up to 128 functions."""


class Body(BaseModel):
    """What a request brings: nothing that we do not know, nothing of the wrong type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _as_parts(value: object) -> object:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


def only(*harmless: object) -> AfterValidator:
    """Accept only values that change nothing."""

    def check(value: object) -> object:
        if value is None or value in harmless:
            return value
        allowed = " or ".join(repr(choice) for choice in harmless)
        raise ValueError(f"is not supported by this server; leave it out{f' or send {allowed}' if allowed else ''}")

    return AfterValidator(check)


class TextPart(Body):
    """A piece of a message."""

    type: Literal["text"]
    text: str


class CalledFunction(Body):
    """What an earlier answer asked for; `arguments` is JSON in a text, which OpenAI's client may have parsed beside."""

    name: Annotated[str, Field(min_length=1)]
    arguments: str
    parsed_arguments: Any = None


class CallPart(Body):
    """A call of a tool in an earlier answer. `index` is left over where a client put it together from a stream."""

    index: int | None = None
    id: Annotated[str, Field(min_length=1)]
    type: Literal["function"] = "function"
    function: CalledFunction


class Message(Body):
    """One message of a conversation.

    An assistant's may call tools, with or without content; each call is answered by a message of role "tool".
    """

    role: Literal["system", "user", "assistant", "tool"]
    tool_calls: list[CallPart] | None = None
    tool_call_id: Annotated[str | None, Field(validate_default=True)] = None
    content: Annotated[
        Annotated[list[TextPart], Field(min_length=1)] | None, BeforeValidator(_as_parts), Field(validate_default=True)
    ] = None

    # An earlier answer may be sent back as it came.
    refusal: Annotated[Any, only()] = None
    parsed: Annotated[Any, only()] = None
    audio: Annotated[Any, only()] = None
    function_call: Annotated[Any, only()] = None
    annotations: Annotated[Any, only([])] = None

    @field_validator("tool_calls")
    @classmethod
    def _only_assistants_call(cls, value: list[CallPart] | None, fields: ValidationInfo) -> list[CallPart] | None:
        if value and fields.data.get("role") != "assistant":
            raise ValueError("belongs to messages of 'assistant' only")
        return value

    @field_validator("tool_call_id")
    @classmethod
    def _only_results_name_a_call(cls, value: str | None, fields: ValidationInfo) -> str | None:
        if "role" in fields.data and (value is None) == (fields.data["role"] == "tool"):
            raise ValueError("belongs to messages of 'tool', and each of them needs one")
        return value

    @field_validator("content")
    @classmethod
    def _only_calls_need_no_content(cls, value: list[TextPart] | None, fields: ValidationInfo) -> list[TextPart] | None:
        if value is None and not fields.data.get("tool_calls"):
            raise ValueError("must be there, as text or as a list of text parts")
        return value

    @property
    def plain(self) -> ChatMessage:
        """The message as the chat formats take it."""
        calls = (ToolCall(part.function.name, part.function.arguments, part.id) for part in self.tool_calls or [])
        text = "".join(part.text for part in self.content or [])
        return ChatMessage(self.role, text, tuple(calls), self.tool_call_id)


class FunctionDefinition(Body):
    """A function that the model may ask for; `parameters` is a JSON schema. What it asks for is not held to it."""

    name: Annotated[str, Field(pattern="^[a-zA-Z0-9_-]{1,64}$")]
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None
    strict: Annotated[Any, only(False)] = None


class ToolPart(Body):
    """One entry of `tools`."""

    type: Literal["function"]
    function: FunctionDefinition

    @property
    def plain(self) -> Tool:
        """The tool as the chat formats take it."""
        return Tool(self.function.name, self.function.model_dump(exclude={"strict"}, exclude_none=True))


def _check_names(tools: list[ToolPart]) -> list[ToolPart]:
    names = [tool.function.name for tool in tools]
    if len(set(names)) < len(names):
        raise ValueError("two of them have the same name")
    return tools


Messages = Annotated[list[Message], Field(min_length=1)]
Tools = Annotated[list[ToolPart], Field(max_length=MAX_TOOLS), AfterValidator(_check_names)]
