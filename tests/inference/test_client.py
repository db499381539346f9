"""The wire: what the bot makes of a server's answers, good and bad."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from glmbot.errors import InferenceError, InferenceUnavailable, PromptTooLong
from glmbot.inference.client import Endpoint, FixedEndpoint, InferenceClient, Piece
from glmbot.prompt import ChatMessage
from glmbot.settings import InferenceSettings
from glmbot.status import ModelState, PlaceInLine

QUESTION = [ChatMessage("user", "hello")]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[InferenceClient]]]:
    """Return a function that serves one handler for everything and gives a client for it."""
    opened: list[Callable[[], Awaitable[None]]] = []

    async def start(handler: Handler, timeout: float = 5) -> InferenceClient:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        settings = InferenceSettings(url=url, remote_model="m", timeout=timeout)
        client = InferenceClient(FixedEndpoint(Endpoint(url, "secret-canary")), settings)
        opened.extend([client.close, runner.cleanup])
        return client

    yield start
    for close in opened:
        await close()


Serve = Callable[..., Awaitable[InferenceClient]]


def stream_of(*lines: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        body = "".join(f"data: {line}\n\n" for line in lines)
        return web.Response(body=body.encode(), content_type="text/event-stream")

    return handler


def failing(status: int, body: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type="application/json")

    return handler


async def answer(client: InferenceClient) -> list[Piece]:
    return [piece async for piece in client.generate(QUESTION, 10)]


async def test_pieces_end_with_reason_and_counts(serve: Serve) -> None:
    client = await serve(
        stream_of(
            '{"choices": [{"delta": {"role": "assistant", "content": ""}}]}',
            '{"choices": [{"delta": {"content": "你"}}]}',
            '{"choices": [{"delta": {"content": "好"}, "finish_reason": "length"}]}',
            '{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}',
            "[DONE]",
        )
    )
    assert await answer(client) == [Piece("你"), Piece("好"), Piece("", "length", 3, 2)]


async def test_the_place_in_line_comes_before_the_text(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        body = ": queued 3 12.5\n\n: queued soon\n:\n\n: queued 1 0.0\r\n\r\n"
        body += 'data: {"choices": [{"delta": {"content": "ha\u2028"}}]}\r\n\r\ndata: [DONE]\n\n'
        return web.Response(body=body.encode(), content_type="text/event-stream")

    pieces = await answer(await serve(handler))
    assert [piece.place for piece in pieces] == [PlaceInLine(3, 12.5), PlaceInLine(1, 0.0), None, None]
    assert [piece.text for piece in pieces] == ["", "", "ha\u2028", ""]


async def test_a_server_that_only_says_that_it_is_there_is_not_waited_for_longer(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            await response.write(b": still here\n\n")
            await asyncio.sleep(0.05)

    client = await serve(handler, timeout=0.3)
    with pytest.raises(InferenceUnavailable, match="nothing for 0.3 s"):
        await answer(client)


async def test_what_is_no_stream_is_unavailable(serve: Serve) -> None:
    with pytest.raises(InferenceUnavailable, match="application/json"):
        await answer(await serve(failing(200, "{}")))


async def test_a_stream_without_its_end_mark_was_cut(serve: Serve) -> None:
    client = await serve(stream_of('{"choices": [{"delta": {"content": "ha"}}]}'))
    with pytest.raises(InferenceUnavailable, match="before its end mark"):
        await answer(client)


async def test_an_error_within_the_stream_is_told(serve: Serve) -> None:
    client = await serve(stream_of('{"error": {"message": "out of memory"}}'))
    with pytest.raises(InferenceError, match="out of memory"):
        await answer(client)


@pytest.mark.parametrize("garbage", ["no json", "[1]", '{"choices": 7}'])
async def test_garbage_in_the_stream_is_an_error(serve: Serve, garbage: str) -> None:
    client = await serve(stream_of(garbage))
    with pytest.raises(InferenceError):
        await answer(client)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, '{"error": {"message": "loading"}}', InferenceUnavailable),
        (429, '{"error": {"message": "busy"}}', InferenceUnavailable),
        (502, "<html>bad gateway</html>", InferenceUnavailable),
        (400, '{"error": {"message": "x", "code": "context_length_exceeded"}}', PromptTooLong),
        (401, '{"error": {"message": "wrong key"}}', InferenceError),
        (400, "[]", InferenceError),
    ],
)
async def test_each_refusal_is_the_error_its_catcher_needs(
    serve: Serve, status: int, body: str, kind: type[InferenceError]
) -> None:
    client = await serve(failing(status, body))
    with pytest.raises(InferenceError) as caught:
        await answer(client)
    assert type(caught.value) is kind
    assert "canary" not in str(caught.value)


async def test_a_server_that_is_away_is_unavailable() -> None:
    settings = InferenceSettings(url="http://127.0.0.1:9/v1", remote_model="m")
    client = InferenceClient(FixedEndpoint(Endpoint("http://127.0.0.1:9/v1")), settings)
    with pytest.raises(InferenceUnavailable):
        await answer(client)
    await client.close()


async def test_a_server_that_cannot_count_is_no_error_and_is_not_asked_again(serve: Serve) -> None:
    num_calls = 0

    async def refuse(request: web.Request) -> web.StreamResponse:
        nonlocal num_calls
        num_calls += 1
        return web.Response(status=404, text="{}")

    client = await serve(refuse)
    assert [await client.count(QUESTION) for _ in range(2)] == [None, None]
    assert num_calls == 1


async def test_counts_come_with_the_context_length(serve: Serve) -> None:
    client = await serve(failing(200, '{"count": 7, "max_model_len": 2048, "tokens": []}'))
    counted = await client.count(QUESTION)
    assert counted is not None
    assert (counted.num_tokens, counted.context_length) == (7, 2048)


@pytest.mark.parametrize(
    ("status", "state"), [(200, ModelState.READY), (503, ModelState.LOADING), (404, ModelState.AWAY)]
)
async def test_the_state_of_another_server_is_asked_for(serve: Serve, status: int, state: ModelState) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({}, status=status)

    assert await (await serve(answer)).state() is state


async def test_a_server_out_of_reach_is_away() -> None:
    settings = InferenceSettings(url="http://127.0.0.1:9/v1")
    client = InferenceClient(FixedEndpoint(Endpoint("http://127.0.0.1:9/v1")), settings)
    assert await client.state() is ModelState.AWAY
    await client.close()
