"""The JSON that the HTTP API is asked with: OpenAI's chat completions and vLLM's /tokenize.

What we do not do is refused by name, never ignored; a field that only says what holds anyway is accepted.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from glmbot.repetition import is_asked_for
from glmbot.serving.api.message_schemas import Body, Messages, Tools, only
from glmbot.serving.chat.conversation import Tool

MAX_STOPS = 4
"""https://platform.openai.com/docs/api-reference/chat/create: up to 4 sequences."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Stops = Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=MAX_STOPS)]

Penalty = Annotated[float, Field(ge=-2, le=2)]
TokenId = Annotated[int, Field(ge=0)]
Bias = Annotated[float, Field(ge=-100, le=100)]
MAX_BIASES = 1024
"""As many as OpenAI takes at least; each costs time in every step."""
MAX_TIMEOUT = 86_400
MAX_TOP_LOGPROBS = 20
"""https://platform.openai.com/docs/api-reference/chat/create: between 0 and 20."""


class StreamOptions(Body):
    """What a stream tells beside the text."""

    include_usage: bool | None = False
    include_obfuscation: Annotated[Any, only(False)] = None


class ChatCompletionRequest(Body):
    """Body of POST /v1/chat/completions."""

    model: str
    messages: Messages
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    seed: Annotated[int | None, Field(ge=-(2**63), lt=2**63)] = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: Annotated[dict[TokenId, Bias] | None, Field(max_length=MAX_BIASES)] = None
    stop: Annotated[Stops | None, BeforeValidator(_as_list)] = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    logprobs: bool | None = False
    top_logprobs: Annotated[int | None, Field(ge=0, le=MAX_TOP_LOGPROBS)] = None

    # These are vLLM's; OpenAI has nothing of the kind.
    top_k: Annotated[int | None, Field(ge=-1)] = None
    min_p: Annotated[float | None, Field(ge=0, le=1)] = None
    repetition_penalty: Annotated[float | None, Field(ge=0.01, le=2)] = None

    # These are our own; the timeout is in seconds.
    stop_loops: bool | None = True
    timeout: Annotated[float | None, Field(gt=0, le=MAX_TIMEOUT)] = None

    tools: Tools | None = None
    tool_choice: Annotated[Any, only("none", "auto")] = None
    parallel_tool_calls: bool | None = None

    # These describe the sender or the handling, not the answer.
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    metadata: dict[str, str] | None = None

    # These are accepted only where they ask for what happens anyway.
    n: Annotated[Any, only(1)] = None
    functions: Annotated[Any, only([])] = None
    function_call: Annotated[Any, only("none", "auto")] = None
    response_format: Annotated[Any, only({"type": "text"})] = None
    modalities: Annotated[Any, only(["text"])] = None
    audio: Annotated[Any, only()] = None
    prediction: Annotated[Any, only()] = None
    reasoning_effort: Annotated[Any, only()] = None
    web_search_options: Annotated[Any, only()] = None
    service_tier: Annotated[Any, only("auto", "default")] = None
    store: Annotated[Any, only(False)] = None

    @field_validator("max_completion_tokens")
    @classmethod
    def _one_token_limit(cls, value: int | None, fields: ValidationInfo) -> int | None:
        if value is not None and fields.data.get("max_tokens") is not None:
            raise ValueError("is another name of max_tokens; send one of them")
        return value

    @field_validator("top_logprobs")
    @classmethod
    def _logprobs_asked_for(cls, value: int | None, fields: ValidationInfo) -> int | None:
        if value is not None and "logprobs" in fields.data and not fields.data["logprobs"]:
            raise ValueError("needs logprobs; send 'logprobs': true with it")
        return value

    @property
    def num_top_logprobs(self) -> int | None:
        """How many likeliest tokens are told beside each; None: no logprobs at all."""
        return (self.top_logprobs or 0) if self.logprobs else None

    @property
    def may_repeat(self) -> bool:
        """Whether the answer may repeat itself as code may: where the question asks for it, or tools are called."""
        last = next((message for message in reversed(self.messages) if message.role == "user"), None)
        return bool(self.usable_tools) or (last is not None and is_asked_for(last.plain.content))

    @property
    def usable_tools(self) -> list[Tool]:
        """The tools that the model is told of; with the choice "none" it hears of none."""
        return [] if self.tool_choice == "none" else [tool.plain for tool in self.tools or []]

    @property
    def sender(self) -> str:
        """Whose request it is, under whichever name that came; senders take turns."""
        return self.safety_identifier or self.user or ""

    @property
    def token_limit(self) -> int | None:
        """Most tokens of the answer, under whichever name it came."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the token counts."""
        return bool(self.stream_options and self.stream_options.include_usage)


class TokenizeRequest(Body):
    """Body of POST /tokenize: a conversation or bare text."""

    model: str | None = None
    messages: Messages | None = None
    tools: Tools | None = None
    prompt: Annotated[str | None, Field(validate_default=True)] = None
    add_generation_prompt: Annotated[Any, only(True)] = None
    add_special_tokens: Annotated[Any, only(True)] = None

    @field_validator("prompt")
    @classmethod
    def _one_text(cls, value: str | None, fields: ValidationInfo) -> str | None:
        if "messages" in fields.data and (value is None) == (fields.data["messages"] is None):
            raise ValueError("or messages must be there, and not both")
        return value
