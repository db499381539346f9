"""The JSON that the HTTP API answers with: OpenAI's chat completions and vLLM's /tokenize."""

import time
import uuid
from typing import Literal, NotRequired

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from glmbot.serving.api.logprobs import ChoiceLogprobs


class TokenizeReply(BaseModel):
    """Answer of POST /tokenize."""

    count: int
    max_model_len: int
    tokens: list[int]


class ModelCard(BaseModel):
    """One entry of GET /v1/models."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["glmbot"] = "glmbot"
    max_model_len: int


class ModelList(BaseModel):
    """Answer of GET /v1/models."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class Health(BaseModel):
    """Answer of GET /health; the counts are of requests, and of the tokens that those which run have in memory.

    `max_tokens` is how many there is memory for, None where nobody knows.
    """

    status: Literal["loading", "ready"]
    model: str
    num_running: int = 0
    num_waiting: int = 0
    num_tokens: int = 0
    max_tokens: int | None = None


class Usage(BaseModel):
    """How many tokens a request took; the end mark counts as one."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class FunctionCall(TypedDict):
    """A function and, as JSON in a text, its arguments."""

    name: str
    arguments: str


class ToolCallReply(TypedDict):
    """A call of a tool in an answer; in a stream it comes whole, and `index` is its place."""

    index: NotRequired[int]
    id: str
    type: Literal["function"]
    function: FunctionCall


class AssistantMessage(TypedDict):
    """A whole answer; without content where it only calls tools."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    tool_calls: NotRequired[list[ToolCallReply]]


AnswerEnd = Literal["stop", "length", "tool_calls"]


class Choice(BaseModel):
    """The one answer of a completion."""

    index: Literal[0] = 0
    message: AssistantMessage
    logprobs: ChoiceLogprobs | None = None
    finish_reason: AnswerEnd


class _Completion(BaseModel):
    id: str = Field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = Field(default_factory=lambda: int(time.time()))
    model: str


class ChatCompletion(_Completion):
    """Answer of POST /v1/chat/completions."""

    object: Literal["chat.completion"] = "chat.completion"
    choices: list[Choice]
    usage: Usage


class Delta(TypedDict, total=False):
    """What a chunk adds to the answer."""

    role: Literal["assistant"]
    content: str
    tool_calls: list[ToolCallReply]


class ChunkChoice(BaseModel):
    """The one answer of a chunk."""

    index: Literal[0] = 0
    delta: Delta
    logprobs: ChoiceLogprobs | None = None
    finish_reason: AnswerEnd | None = None


class ChatCompletionChunk(_Completion):
    """One event of a streamed answer."""

    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    choices: list[ChunkChoice]
    usage: Usage | None = None


class ErrorDetail(BaseModel):
    """What went wrong: in words, by kind, in which field, and as a fixed word for programs."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """Every answer that is not 200."""

    error: ErrorDetail
