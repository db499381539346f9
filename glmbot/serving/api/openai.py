"""The HTTP API: chat completions, models, tokenize, health."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from glmbot.errors import EngineBusy
from glmbot.serving.api.answer import FAILED, Answer
from glmbot.serving.api.classify import ClassifyEndpoint, ClassifyRequest, FindClassifier
from glmbot.serving.api.errors import (
    ApiError,
    bad_request,
    error_detail,
    error_response,
    failure,
    handle_http_error,
    handle_unexpected_error,
)
from glmbot.serving.api.logprobs import LogprobStream
from glmbot.serving.api.loops import longest_loop
from glmbot.serving.api.message_schemas import Message
from glmbot.serving.api.middleware import OPEN_PATH, RequestLog, TokenCheck
from glmbot.serving.api.replies import (
    AnswerEnd,
    AssistantMessage,
    ChatCompletion,
    ChatCompletionChunk,
    Choice,
    ChunkChoice,
    Delta,
    ErrorBody,
    FunctionCall,
    Health,
    ModelCard,
    ModelList,
    TokenizeReply,
    ToolCallReply,
    Usage,
)
from glmbot.serving.api.schemas import ChatCompletionRequest, TokenizeRequest
from glmbot.serving.chat.conversation import ConversationError, Tool, ToolCall, ToolsNotSupported
from glmbot.serving.engine.sequence import Request, Sampling
from glmbot.serving.engine.thread import EngineThread, TokenStream
from glmbot.serving.loaded_model import LoadedModel

MAX_BODY_BYTES = 1024 * 1024
MAX_DISCARDED_BYTES = 16 * MAX_BODY_BYTES
"""A body that is too large is read to its end up to here, so that the client gets to see the refusal."""
LOADING_RETRY_AFTER = 5

Body = TypeVar("Body", bound=BaseModel)


def no_classifier() -> None:
    """Find no classifier."""


def build_app(
    engine: EngineThread, model_name: str, token: SecretStr | None, find_classifier: FindClassifier = no_classifier
) -> Starlette:
    """Return the whole HTTP application."""
    api = _Api(engine, model_name, ClassifyEndpoint(find_classifier))
    routes = [
        Route(OPEN_PATH, api.health, methods=["GET"]),
        Route("/v1/models", api.models, methods=["GET"]),
        Route("/v1/chat/completions", _Completions(api), methods=["POST"]),
        Route("/tokenize", api.tokenize, methods=["POST"]),
        Route("/classify", api.classify, methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(RequestLog, paths=frozenset(route.path for route in routes)),
            Middleware(TokenCheck, token=token),
        ],
        exception_handlers={HTTPException: handle_http_error, Exception: handle_unexpected_error},
    )


class _Api:
    """The short answers, and what all of them need."""

    def __init__(self, engine: EngineThread, model_name: str, classifying: ClassifyEndpoint) -> None:
        self.engine = engine
        self.model_name = model_name
        self._classifying = classifying
        self._started_at = int(time.time())

    async def health(self, _: HttpRequest) -> Response:
        """Tell whether the model is loaded; 503 while it is not."""
        if loaded := self.engine.loaded:
            engine = loaded.engine
            health = Health(
                status="ready",
                model=self.model_name,
                num_running=engine.num_running,
                num_waiting=engine.num_waiting,
                num_tokens=engine.num_tokens,
                max_tokens=engine.max_tokens,
            )
            return _json(health)
        return _json(Health(status="loading", model=self.model_name), status=503)

    async def models(self, _: HttpRequest) -> Response:
        """List the one model."""
        max_length = self.loaded_model().max_length
        card = ModelCard(id=self.model_name, created=self._started_at, max_model_len=max_length)
        return _json(ModelList(data=[card]))

    async def tokenize(self, http: HttpRequest) -> Response:
        """Count the tokens of a prompt."""
        body = await _read(http, TokenizeRequest)
        loaded = self.loaded_model()
        self.check_name(body.model)
        if body.messages:
            tokens = await _encode_chat(loaded, body.messages, [tool.plain for tool in body.tools or []])
        else:
            tokens = await asyncio.to_thread(loaded.chat.encode, body.prompt or "")
        return _json(TokenizeReply(count=len(tokens), max_model_len=loaded.max_length, tokens=tokens))

    async def classify(self, http: HttpRequest) -> Response:
        """Say what the classifier makes of a text."""
        body = await _read(http, ClassifyRequest)
        self.loaded_model()
        return await self._classifying.answer(body)

    def loaded_model(self) -> LoadedModel:
        """Return the model, or refuse with 503 while there is none."""
        if loaded := self.engine.loaded:
            return loaded
        raise _unavailable("the model is still loading; try again in a few seconds", "model_loading")

    def check_name(self, name: str | None) -> None:
        """Refuse a model that is not ours."""
        if name not in (None, self.model_name):
            message = f"the model {name[:100]!r} is not served here; the one that is: {self.model_name!r}"
            raise ApiError(404, message, param="model", code="model_not_found")


class _Completions:
    """POST /v1/chat/completions, plain or as a stream of events."""

    def __init__(self, api: _Api) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        body = await _read(http, ChatCompletionRequest)
        loaded = self._api.loaded_model()
        self._api.check_name(body.model)
        try:
            with self._api.engine.place(body.sender):
                note = await self._answer(loaded, body, http, send)
        except EngineBusy as busy:
            headers = {"Retry-After": f"{busy.after:.0f}"}
            raise ApiError(429, str(busy), code="rate_limit_exceeded", headers=headers) from busy
        http.state.note = note

    async def _answer(self, loaded: LoadedModel, body: ChatCompletionRequest, http: HttpRequest, send: Send) -> str:
        """Answer a request that has its place; return what the log says of it."""
        tools = body.usable_tools
        prompt = await _encode_chat(loaded, body.messages, tools)
        max_tokens = _max_tokens(body, len(prompt), loaded.max_length)
        request = Request(
            prompt,
            max_tokens,
            _sampling(body, loaded.sampling),
            body.sender,
            body.num_top_logprobs,
            longest_loop(loaded.chat.token_bytes, may_repeat=body.may_repeat) if body.stop_loops is not False else None,
            body.timeout,
        )
        with self._api.engine.answer(request) as tokens:
            text = loaded.chat.new_response(tools)
            logprobs = LogprobStream(loaded.chat.token_bytes) if body.logprobs else None
            is_one_call = body.parallel_tool_calls is False
            answer = Answer(tokens, text, body.stop or [], is_one_call=is_one_call, logprobs=logprobs)
            async with _cancelled_when_gone(http.receive, tokens):
                if body.stream:
                    await self._stream(answer, body, len(prompt), send)
                else:
                    await (await self._complete(answer, len(prompt)))(http.scope, http.receive, send)
        return f", {len(prompt)} + {answer.num_tokens} tokens, {answer.finish}"

    async def _complete(self, answer: Answer, num_prompt_tokens: int) -> Response:
        content = "".join([piece async for piece in answer.pieces() if isinstance(piece, str)])
        if answer.finish in FAILED:
            return error_response(failure(answer.finish))
        if answer.finish == "cancelled":
            return error_response(_unavailable("the server is stopping; try again", "server_stopping"))
        message = _message(content, answer.tool_calls)
        choice = Choice(message=message, logprobs=answer.take_logprobs(), finish_reason=_end(answer))
        usage = _usage(num_prompt_tokens, answer.num_tokens)
        return _json(ChatCompletion(model=self._api.model_name, choices=[choice], usage=usage))

    async def _stream(self, answer: Answer, body: ChatCompletionRequest, num_prompt_tokens: int, send: Send) -> None:
        """Send the answer as it comes. One that is cancelled ends without its end mark: the client sees a lost
        connection, which is what it is, and may ask again."""
        await _start_events(send)
        chunk = ChatCompletionChunk(model=self._api.model_name, choices=[])
        async for event in self._events(answer, body.wants_usage, num_prompt_tokens, chunk):
            await send({"type": "http.response.body", "body": event, "more_body": True})
        if answer.finish != "cancelled":
            await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": False})

    async def _events(
        self, answer: Answer, wants_usage: bool, num_prompt_tokens: int, chunk: ChatCompletionChunk
    ) -> AsyncIterator[bytes]:
        """Yield the role, the text piece by piece, the calls, the finish reason and, if wanted, the token counts.

        While the request waits, comments tell its place: `: queued 3 12.5`, for the third in line, in about 12.5 s. One
        comes after each quarter of a minute of silence, too, or a proxy would take the connection for dead.
        """

        def event(*choices: ChunkChoice, usage: Usage | None = None) -> bytes:
            filled = chunk.model_copy(update={"choices": list(choices), "usage": usage})
            return _event(filled.model_dump(exclude=None if wants_usage else {"usage"}))

        yield event(ChunkChoice(delta=Delta(role="assistant", content="")))
        async for piece in answer.pieces():
            if isinstance(piece, str):
                yield event(ChunkChoice(delta=Delta(content=piece), logprobs=answer.take_logprobs()))
            elif piece:
                yield f": queued {piece.num_before + 1} {piece.wait:.1f}\n\n".encode()
            else:
                yield b": still here\n\n"
        if answer.finish in FAILED:
            yield _event(ErrorBody(error=error_detail(failure(answer.finish))).model_dump())
        elif answer.finish != "cancelled":
            for index, call in enumerate(answer.tool_calls):
                yield event(ChunkChoice(delta=Delta(tool_calls=[{"index": index, **_call(call)}])))
            rest = answer.take_logprobs()  # of tokens without text, such as those of a call
            logprobs = rest if rest and rest["content"] else None
            yield event(ChunkChoice(delta=Delta(), logprobs=logprobs, finish_reason=_end(answer)))
            if wants_usage:
                yield event(usage=_usage(num_prompt_tokens, answer.num_tokens))


async def _read(http: HttpRequest, model: type[Body]) -> Body:
    """Read and check the body."""
    try:
        return model.model_validate_json(await _read_bytes(http))
    except ValidationError as error:
        raise bad_request(error) from error
    except ClientDisconnect as error:
        raise ApiError(400, "the connection was closed in the middle of the body") from error


async def _read_bytes(http: HttpRequest) -> bytes:
    content = bytearray()
    num_bytes = 0
    async for part in http.stream():
        num_bytes += len(part)
        if num_bytes <= MAX_BODY_BYTES:
            content += part
        elif num_bytes > MAX_DISCARDED_BYTES:
            break
    if num_bytes > MAX_BODY_BYTES:
        raise ApiError(413, f"the body is larger than {MAX_BODY_BYTES} bytes; shorten the messages")
    return bytes(content)


async def _encode_chat(loaded: LoadedModel, messages: Sequence[Message], tools: Sequence[Tool]) -> list[int]:
    """Return the prompt, or refuse with 400 what the model's chat format has no place for."""
    plain = [message.plain for message in messages]
    try:
        return await asyncio.to_thread(loaded.chat.encode_chat, plain, tools)
    except ConversationError as error:
        field = "tools" if isinstance(error, ToolsNotSupported) else "messages"
        raise ApiError(400, f"{field}: {error}", param=field) from error


def _max_tokens(body: ChatCompletionRequest, num_prompt_tokens: int, max_length: int) -> int:
    """Return how long the answer may become: what was asked for, or what the context has room for."""
    room = max_length - num_prompt_tokens
    wanted = body.token_limit or max(room, 1)
    if wanted <= room:
        return wanted
    message = (
        f"the prompt has {num_prompt_tokens} tokens and the answer is to have up to {wanted}, but the model's context "
        f"holds {max_length} in all; shorten the messages or lower max_tokens"
    )
    raise ApiError(400, message, param="messages", code="context_length_exceeded")


def _sampling(body: ChatCompletionRequest, default: Sampling) -> Sampling:
    return Sampling(
        temperature=default.temperature if body.temperature is None else body.temperature,
        top_p=default.top_p if body.top_p is None else body.top_p,
        top_k=default.top_k if body.top_k is None else max(body.top_k, 0),
        seed=body.seed,
        min_p=body.min_p or 0.0,
        repetition_penalty=body.repetition_penalty or 1.0,
        presence_penalty=body.presence_penalty or 0.0,
        frequency_penalty=body.frequency_penalty or 0.0,
        logit_bias=tuple((body.logit_bias or {}).items()),
    )


@asynccontextmanager
async def _cancelled_when_gone(receive: Receive, tokens: TokenStream) -> AsyncIterator[None]:
    """End the tokens as soon as the client closes its connection."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        tokens.cancel()

    async with asyncio.TaskGroup() as tasks:
        watcher = tasks.create_task(watch())
        yield
        watcher.cancel()


async def _start_events(send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


def _event(content: object) -> bytes:
    """Write a server-sent event, in ASCII: some clients take U+2028 for the end of a line."""
    return f"data: {json.dumps(content, separators=(',', ':'))}\n\n".encode()


def _json(body: BaseModel, status: int = 200) -> Response:
    return JSONResponse(body.model_dump(), status)


def _message(content: str, calls: Sequence[ToolCall]) -> AssistantMessage:
    message = AssistantMessage(role="assistant", content=content, refusal=None)
    if calls:
        message["content"] = content or None
        message["tool_calls"] = [_call(call) for call in calls]
    return message


def _call(call: ToolCall) -> ToolCallReply:
    """Return the call under a new id, by which its result will name it."""
    function = FunctionCall(name=call.name, arguments=call.arguments)
    return ToolCallReply(id=f"call_{uuid.uuid4().hex}", type="function", function=function)


def _end(answer: Answer) -> AnswerEnd:
    """Return why a whole answer ended; not for one that failed or was cancelled."""
    if answer.finish in ("length", "loop"):  # both are cut: "stop" would say that the model had come to its end
        return "length"
    return "tool_calls" if answer.tool_calls else "stop"


def _usage(num_prompt_tokens: int, num_tokens: int) -> Usage:
    total = num_prompt_tokens + num_tokens
    return Usage(prompt_tokens=num_prompt_tokens, completion_tokens=num_tokens, total_tokens=total)


def _unavailable(message: str, code: str) -> ApiError:
    return ApiError(503, message, code=code, headers={"Retry-After": str(LOADING_RETRY_AFTER)})
