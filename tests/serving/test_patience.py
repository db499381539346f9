"""How long a request may take, what is told meanwhile, and how full the memory is."""

import asyncio

import pytest

from tests.serving.engine_client import Client, chat_body, client_of
from tests.serving.engine_fake import ScriptedModel, served, until


async def collect(client: Client, lines: list[str]) -> None:
    """Put the lines of a stream there, as they come."""
    body = chat_body("x", stream=True)
    async with client.http.stream("POST", "/v1/chat/completions", json=body) as response:
        async for line in response.aiter_lines():
            lines.append(line)


async def test_silence_is_filled_with_comments() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    lines: list[str] = []
    async with served(model, idle_after=0.02) as server, client_of(server.url) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(collect(client, lines))
        plain = tasks.create_task(client.answer("y"))
        await until(lambda: server.engine.num_open == 2 and ": still here" in lines)
        model.allow(100)
        await until(lambda: plain.done() and "data: [DONE]" in lines)
    assert plain.result() == "abc"


async def test_a_request_that_takes_longer_than_it_allows_is_ended_and_frees_its_memory() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    async with served(model) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            plain = tasks.create_task(client.ask("x", timeout=0.1))
            stream = tasks.create_task(client.stream("y", timeout=0.1))
            patient = tasks.create_task(client.answer("z", timeout=60))
            await until(lambda: plain.done() and stream.done())
            await until(lambda: server.engine.num_open == 1)
            model.allow(100)
        await until(lambda: model.num_open == 0)
    assert plain.result().status_code == 503
    assert plain.result().json()["error"]["code"] == "timeout"
    assert stream.result().errors[0]["error"]["code"] == "timeout"
    assert patient.result() == "abc"


async def test_a_request_that_waits_too_long_is_given_up_and_one_that_has_begun_is_not() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    async with served(model, max_running=1, max_wait=0.1) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(client.answer("x"))
            await until(lambda: server.num_running == 1)
            plain = tasks.create_task(client.ask("y"))
            stream = tasks.create_task(client.stream("z"))
            await until(lambda: plain.done() and stream.done())
            assert server.num_running == 1
            model.allow(100)
        assert first.result() == "abc"
    assert plain.result().status_code == 503
    assert plain.result().json()["error"]["code"] == "waited_too_long"
    assert stream.result().errors[0]["error"]["code"] == "waited_too_long"


@pytest.mark.parametrize("timeout", [0, -1, "soon"])
async def test_a_timeout_that_is_none_is_refused(timeout: object) -> None:
    async with served(ScriptedModel(str)) as server, client_of(server.url) as client:
        response = await client.ask("x", timeout=timeout)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "timeout")


async def test_health_tells_how_full_the_memory_is() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    async with served(model, max_tokens=1000) as server, client_of(server.url) as client:
        assert (await client.http.get("/health")).json()["num_tokens"] == 0
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(client.answer("hello"))
            await until(lambda: server.num_running == 1)
            engine = server.engine.loaded
            assert engine is not None
            await until(lambda: engine.engine.num_tokens == len("hello" + "a"))
            health = (await client.http.get("/health")).json()
            model.allow(100)
    assert (health["num_tokens"], health["max_tokens"]) == (6, 1000)
