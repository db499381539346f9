"""The wire to the model: OpenAI chat completions over HTTP, streamed as server-sent events."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Protocol, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from glmbot.errors import InferenceError, InferenceUnavailable, PromptTooLong
from glmbot.inference.event_stream import Comment, read_events
from glmbot.prompt import ChatMessage
from glmbot.settings import InferenceSettings
from glmbot.status import ModelState, PlaceInLine

EVENT_STREAM = "text/event-stream"
STREAM_HEADERS = {"Accept": EVENT_STREAM, "Cache-Control": "no-store"}
PLACE = re.compile(r"queued (\d{1,6}) (\d{1,9}\.\d)")
"""The comment by which our own server tells the place in line, and the seconds that it takes."""
LOOK_DEADLINE = 3.0
"""Seconds that another's server has to say that it is there, when somebody asks how things are."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer. The last one has the reason of the end and the token counts, where they are known.

    One with a place in line has no text: it comes before all that have.
    """

    text: str = ""
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    place: PlaceInLine | None = None


@dataclass(frozen=True, slots=True)
class TokenCount:
    """How many tokens a prompt has, and how many the model's context holds (None: the server did not say)."""

    num_tokens: int
    context_length: int | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model server listens. `url` ends in /v1."""

    url: str
    token: str = ""


class EndpointSource(Protocol):
    """Knows where the model server is now; our own child moves to another port when it is started again."""

    async def endpoint(self) -> Endpoint:
        """Wait until there is a server that is ready; raise InferenceUnavailable when none will come."""

    @property
    def state(self) -> ModelState | None:
        """Whether there is one now; None: only asking it can tell."""


Model = TypeVar("Model", bound=BaseModel)


class FixedEndpoint:
    """A server that somebody else runs."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def endpoint(self) -> Endpoint:
        """Return the configured address."""
        return self._endpoint

    @property
    def state(self) -> None:
        """Nobody here knows."""


class InferenceClient:
    """Asks a model server for answers and token counts."""

    def __init__(self, source: EndpointSource, settings: InferenceSettings) -> None:
        self._source = source
        self._settings = settings
        self._model = settings.remote_model
        self._without_count: set[Endpoint] = set()
        """Where nobody counts tokens; they are not asked again."""
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.timeout, connect=10), trust_env=bool(settings.url)
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def generate(
        self, messages: Sequence[ChatMessage], max_tokens: int, user: str | None = None
    ) -> AsyncGenerator[Piece]:
        """Stream the answer to `messages`. Close it early to stop the model.

        Raises InferenceUnavailable when the server is away or lost in the middle, PromptTooLong, InferenceError.
        """
        endpoint = await self._source.endpoint()
        body = await self._body(endpoint, messages, max_tokens, user)
        try:
            async with self._http.stream(
                "POST", f"{endpoint.url}/chat/completions", json=body, headers=_headers(endpoint) | STREAM_HEADERS
            ) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    raise _error_from(response)
                _check_type(response)
                async with (
                    aclosing(read_events(response.aiter_text())) as events,
                    aclosing(_pieces(events)) as pieces,
                    aclosing(_in_time(pieces, self._settings.timeout)) as in_time,
                ):
                    async for piece in in_time:
                        yield piece
        except httpx.TransportError as error:
            raise InferenceUnavailable(f"model server at {endpoint.url}: {type(error).__name__}") from error

    async def count(self, messages: Sequence[ChatMessage]) -> TokenCount | None:
        """Return the prompt's token count, or None where the server cannot tell."""
        endpoint = await self._source.endpoint()
        if endpoint in self._without_count:
            return None
        body = {"model": await self._model_name(endpoint), "messages": [asdict(message) for message in messages]}
        url = f"{endpoint.url.removesuffix('/v1')}/tokenize"
        try:
            response = await self._http.post(url, json=body, headers=_headers(endpoint))
        except httpx.TransportError as error:
            raise InferenceUnavailable(f"model server at {endpoint.url}: {type(error).__name__}") from error
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED):
            self._without_count.add(endpoint)
            return None
        if response.status_code != httpx.codes.OK:
            raise _error_from(response)
        reply = _parse(_TokenizeReply, response.content)
        return TokenCount(reply.count, reply.max_model_len)

    async def state(self) -> ModelState:
        """Return whether the model could answer now; takes a few seconds at most, and never fails."""
        if (known := self._source.state) is not None:
            return known
        endpoint = await self._source.endpoint()
        try:
            async with asyncio.timeout(LOOK_DEADLINE):
                response = await self._http.get(f"{endpoint.url}/models", headers=_headers(endpoint))
        except (httpx.TransportError, TimeoutError):
            return ModelState.AWAY
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return ModelState.LOADING
        return ModelState.READY if response.status_code == httpx.codes.OK else ModelState.AWAY

    async def _body(
        self, endpoint: Endpoint, messages: Sequence[ChatMessage], max_tokens: int, user: str | None
    ) -> dict[str, object]:
        body: dict[str, object] = {
            "model": await self._model_name(endpoint),
            "messages": [asdict(message) for message in messages],
            "max_tokens": max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        optional = {"temperature": self._settings.temperature, "top_p": self._settings.top_p, "user": user}
        return body | {key: value for key, value in optional.items() if value is not None}

    async def _model_name(self, endpoint: Endpoint) -> str:
        """Ask the server for its first model, once."""
        if self._model is None:
            try:
                response = await self._http.get(f"{endpoint.url}/models", headers=_headers(endpoint))
            except httpx.TransportError as error:
                raise InferenceUnavailable(f"model server at {endpoint.url}: {type(error).__name__}") from error
            if response.status_code != httpx.codes.OK:
                raise _error_from(response)
            models = _parse(_ModelList, response.content).data
            if not models:
                raise InferenceError(f"model server at {endpoint.url} lists no model; set inference.remote_model")
            self._model = models[0].id
        return self._model


class _ModelCard(BaseModel):
    id: str


class _ModelList(BaseModel):
    data: list[_ModelCard]


class _TokenizeReply(BaseModel):
    count: int
    max_model_len: int | None = None


class _ErrorDetail(BaseModel):
    message: str = ""
    code: str | int | None = None


class _ErrorReply(BaseModel):
    error: _ErrorDetail


class _Delta(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(BaseModel):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: _ErrorDetail | None = None


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.token}"} if endpoint.token else {}


async def _in_time(pieces: AsyncIterator[Piece], timeout: float) -> AsyncGenerator[Piece]:
    """Pass pieces on while each comes in time: comments that keep the connection alive are none."""
    while True:
        try:
            async with asyncio.timeout(timeout):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise InferenceUnavailable(f"model server sent nothing for {timeout:g} s") from error
        yield piece


def _check_type(response: httpx.Response) -> None:
    content_type = response.headers.get("content-type", "").partition(";")[0].strip()
    if content_type != EVENT_STREAM:
        raise InferenceUnavailable(f"model server answered with {content_type!r} where a stream was asked for")


async def _pieces(events: AsyncIterator[str | Comment]) -> AsyncGenerator[Piece]:
    """Turn server-sent events into pieces; a stream that ends before its end mark was cut."""
    finish_reason: str | None = None
    usage = _Usage()
    async for event in events:
        if isinstance(event, Comment):
            if found := PLACE.fullmatch(event.text):
                yield Piece(place=PlaceInLine(int(found[1]), float(found[2])))
            continue
        if event.strip() == "[DONE]":
            yield Piece("", finish_reason or "stop", usage.prompt_tokens, usage.completion_tokens)
            return
        chunk = _parse(_Chunk, event.encode())
        if chunk.error:
            raise InferenceError(f"model server failed: {chunk.error.message}")
        usage = chunk.usage or usage
        for choice in chunk.choices:
            finish_reason = choice.finish_reason or finish_reason
            if choice.delta.content:
                yield Piece(choice.delta.content)
    raise InferenceUnavailable("model server ended the stream before its end mark")


def _parse(model: type[Model], content: bytes) -> Model:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise InferenceError(f"model server sent something that is no {model.__name__.strip('_')}") from error


def _error_from(response: httpx.Response) -> InferenceError:
    """Read an OpenAI error; the message is quoted, since it never holds our token."""
    try:
        detail = _ErrorReply.model_validate_json(response.content).error
    except (ValidationError, json.JSONDecodeError):
        detail = _ErrorDetail(message=response.reason_phrase)
    text = f"model server answered {response.status_code}: {detail.message}"
    if detail.code == "context_length_exceeded":
        return PromptTooLong(text)
    if response.status_code in (408, 429) or response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return InferenceUnavailable(text)
    return InferenceError(text)
