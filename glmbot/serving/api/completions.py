"""POST /v1/chat/completions: an answer, whole or as a stream of events."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from glmbot.errors import EngineBusy
from glmbot.serving.api.answer import FAILED, Answer
from glmbot.serving.api.body import read_body
from glmbot.serving.api.errors import ApiError, error_detail, error_response, failure, unavailable
from glmbot.serving.api.logprobs import LogprobStream
from glmbot.serving.api.loops import longest_loop
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
    ToolCallReply,
    Usage,
)
from glmbot.serving.api.schemas import ChatCompletionRequest
from glmbot.serving.api.served import Served, encode_chat
from glmbot.serving.chat.conversation import ToolCall
from glmbot.serving.engine.sequence import Request, Sampling
from glmbot.serving.engine.thread import TokenStream
from glmbot.serving.loaded_model import LoadedModel


class Completions:
    """POST /v1/chat/completions, plain or as a stream of events."""

    def __init__(self, served: Served) -> None:
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        body = await read_body(http, ChatCompletionRequest)
        loaded = self._served.loaded_model()
        self._served.check_name(body.model)
        try:
            with self._served.engine.place(body.sender):
                note = await self._answer(loaded, body, http, send)
        except EngineBusy as busy:
            headers = {"Retry-After": f"{busy.after:.0f}"}
            raise ApiError(429, str(busy), code="rate_limit_exceeded", headers=headers) from busy
        http.state.note = note

    async def _answer(self, loaded: LoadedModel, body: ChatCompletionRequest, http: HttpRequest, send: Send) -> str:
        """Answer a request that has its place; return what the log says of it."""
        tools = body.usable_tools
        prompt = await encode_chat(loaded, body.messages, tools)
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
        with self._served.engine.answer(request) as tokens:
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
            return error_response(unavailable("the server is stopping; try again", "server_stopping"))
        message = _message(content, answer.tool_calls)
        choice = Choice(message=message, logprobs=answer.take_logprobs(), finish_reason=_end(answer))
        usage = _usage(num_prompt_tokens, answer.num_tokens)
        completion = ChatCompletion(model=self._served.model_name, choices=[choice], usage=usage)
        return JSONResponse(completion.model_dump())

    async def _stream(self, answer: Answer, body: ChatCompletionRequest, num_prompt_tokens: int, send: Send) -> None:
        """Send the answer as it comes. One that is cancelled ends without its end mark: the client sees a lost
        connection, which is what it is, and may ask again."""
        await _start_events(send)
        chunk = ChatCompletionChunk(model=self._served.model_name, choices=[])
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
