"""The HTTP API on a scripted model, in this process."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from glmbot.errors import CheckpointError
from glmbot.serving.api.openai import build_app
from glmbot.serving.chat.conversation import ChatMessage, Tool
from glmbot.serving.engine.sequence import Sampling
from glmbot.serving.engine.thread import EngineThread
from glmbot.serving.http_server import build_http_server, run_http
from glmbot.serving.loaded_model import LoadedModel
from tests.serving.engine_client import Client, chat_body, client_of, open_request
from tests.serving.engine_fake import MODEL_NAME, LetterText, ScriptedModel, ServedFake, served, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[ServedFake]:
    async with served(ScriptedModel(lambda prompt: f"re: {prompt}")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(server: ServedFake) -> AsyncIterator[Client]:
    async with client_of(server.url) as connected:
        yield connected


async def test_a_plain_answer_has_openais_form(client: Client) -> None:
    body = (await client.ask("hello")).json()
    assert body["object"] == "chat.completion"
    assert body["id"].startswith("chatcmpl-")
    assert body["model"] == MODEL_NAME
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "re: hello", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert body["usage"] == {"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 15}


async def test_a_stream_begins_with_the_role_and_ends_with_its_mark(client: Client) -> None:
    streamed = await client.stream("hello")
    assert streamed.chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert streamed.chunks[-1]["choices"][0]["delta"] == {}
    assert (streamed.text, streamed.finish, streamed.is_done) == ("re: hello", "stop", True)
    assert {chunk["object"] for chunk in streamed.chunks} == {"chat.completion.chunk"}
    assert len({(chunk["id"], chunk["created"]) for chunk in streamed.chunks}) == 1
    assert not any("usage" in chunk for chunk in streamed.chunks)


async def test_a_stream_tells_the_token_counts_when_asked(client: Client) -> None:
    streamed = await client.stream("hello", stream_options={"include_usage": True})
    assert streamed.chunks[-1]["choices"] == []
    assert streamed.chunks[-1]["usage"] == {"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 15}
    assert all(chunk["usage"] is None for chunk in streamed.chunks[:-1])


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_the_token_limit_cuts_the_answer(client: Client, name: str) -> None:
    body = (await client.ask("hello", **{name: 6})).json()
    choice = body["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("re: he", "length")
    assert body["usage"]["completion_tokens"] == 6


async def test_an_answer_may_fill_the_context_to_its_last_place() -> None:
    async with served(ScriptedModel(lambda _: "x" * 99), max_length=20) as server, client_of(server.url) as client:
        body = (await client.ask("hello")).json()
    assert body["usage"] == {"prompt_tokens": 5, "completion_tokens": 15, "total_tokens": 20}
    assert body["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("stop", "answer"),
    [
        ("llo", "re: he"),
        (["zzz", "l"], "re: he"),
        (["lo", "ell"], "re: h"),
        ("re", ""),
        ("lot", "re: hello"),
        ([], "re: hello"),
        (None, "re: hello"),
    ],
)
async def test_stop_strings_never_appear_in_whole_or_in_part(client: Client, stop: Any, answer: str) -> None:
    assert await client.answer("hello", stop=stop) == answer
    streamed = await client.stream("hello", stop=stop)
    assert (streamed.text, streamed.finish) == (answer, "stop")


async def test_a_stop_string_frees_the_engine() -> None:
    model = ScriptedModel(lambda _: "ab" + "c" * 60)
    async with served(model) as server, client_of(server.url) as client:
        assert await client.answer("x", stop="b") == "a"
        await until(lambda: server.num_running == 0)


async def test_text_parts_are_joined(client: Client) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    response = await client.http.post(
        "/v1/chat/completions", json=chat_body("") | {"messages": [{"role": "user", "content": parts}]}
    )
    assert response.json()["choices"][0]["message"]["content"] == "re: ab"


HARMLESS = {
    "n": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0.0,
    "logit_bias": {},
    "logprobs": False,
    "tools": [],
    "tool_choice": "none",
    "response_format": {"type": "text"},
    "modalities": ["text"],
    "service_tier": "auto",
    "store": False,
    "user": "someone",
    "metadata": {"a": "b"},
    "audio": None,
    "stop": None,
    "seed": None,
    "temperature": None,
    "max_tokens": None,
    "stream": None,
}


async def test_fields_that_ask_for_nothing_special_are_accepted(client: Client) -> None:
    assert await client.answer("hello", **HARMLESS) == "re: hello"


async def test_each_request_is_sampled_as_it_asks(client: Client, server: ServedFake) -> None:
    fields = {"temperature": 0.5, "top_p": 0.9, "seed": 7, "top_k": 3, "min_p": 0.1, "repetition_penalty": 1.2}
    penalties = {"presence_penalty": -0.5, "frequency_penalty": 2}
    await client.answer("hello", **fields, **penalties, logit_bias={"5": 100, "97": -1.5})
    await client.answer("hello", top_k=-1)
    *_, asked, plain = server.model.samplings
    assert asked == Sampling(0.5, 0.9, 3, 7, 0.1, 1.2, -0.5, 2.0, ((5, 100.0), (97, -1.5)))
    assert plain == Sampling(top_k=0)


TOOL = {"type": "function", "function": {"name": "f"}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
IMAGE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [TOOL]}, "tools"),
        ({"tools": [TOOL, TOOL]}, "tools"),
        ({"tools": [TOOL | {"function": {"name": "no spaces"}}]}, "tools[0].function.name"),
        ({"tools": [TOOL | {"function": {"name": "f", "strict": True}}]}, "tools[0].function.strict"),
        ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"n": 2}, "n"),
        ({"logprobs": 1}, "logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"logit_bias": {"5": 101}}, "logit_bias.5"),
        ({"logit_bias": {"-5": 1}}, "logit_bias.-5.[key]"),
        ({"logit_bias": {str(token): 1 for token in range(1025)}}, "logit_bias"),
        ({"presence_penalty": 2.5}, "presence_penalty"),
        ({"frequency_penalty": -2.5}, "frequency_penalty"),
        ({"top_k": -2}, "top_k"),
        ({"min_p": 1.5}, "min_p"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"audio": {"voice": "x"}}, "audio"),
        ({"store": True}, "store"),
        ({"repetition_penalty": 1e-300}, "repetition_penalty"),
        ({"temperature": 2.5}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_completion_tokens"),
        ({"seed": 2**80}, "seed"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stop": ""}, "stop[0]"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"colour": 1}}, "stream_options.colour"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "developer", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"messages": [{"role": "user", "content": "x", "tool_call_id": "c"}]}, "messages[0].tool_call_id"),
        ({"messages": [{"role": "user", "content": "x", "tool_calls": [CALL]}]}, "messages[0].tool_calls"),
        ({"messages": [{"role": "assistant", "content": None, "tool_calls": []}]}, "messages[0].content"),
        ({"messages": [{"role": "assistant", "tool_calls": [CALL]}]}, "messages"),
        ({"messages": [{"role": "user", "content": "x", "name": "y"}]}, "messages[0].name"),
        ({"messages": IMAGE}, "messages[0].content[0].type"),
        ({"model": None}, "model"),
    ],
    ids=str,
)
async def test_what_is_not_supported_is_refused_by_name(client: Client, fields: dict[str, Any], param: str) -> None:
    response = await client.ask("hello", **fields)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert error["message"].startswith(param)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"model": "scripted", "messages": NaN}', b"\xff\xfe", b'"\\ud800"']
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/tokenize"])
async def test_a_body_that_is_no_json_object_is_refused(client: Client, path: str, body: bytes) -> None:
    response = await client.http.post(path, content=body)
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_deeply_nested_json_is_refused(client: Client) -> None:
    response = await client.http.post("/v1/chat/completions", content=b'{"model":' + b"[" * 100_000)
    assert response.status_code == 400


async def test_an_unknown_model_is_not_found(client: Client) -> None:
    response = await client.ask("hello", model="gpt-4")
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (404, "model", "model_not_found")
    assert "'scripted'" in error["message"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/tokenize", 405)])
async def test_a_wrong_path_is_answered_in_openais_form(client: Client, method: str, path: str, status: int) -> None:
    response = await client.http.request(method, path)
    assert (response.status_code, response.json()["error"]["type"]) == (status, "invalid_request_error")


@pytest.mark.parametrize("num_bytes", [1024 * 1024 + 1, 5 * 1024 * 1024])
async def test_a_large_body_is_refused(client: Client, num_bytes: int) -> None:
    response = await client.http.post("/v1/chat/completions", content=b" " * num_bytes)
    assert (response.status_code, response.json()["error"]["type"]) == (413, "invalid_request_error")


@pytest.mark.parametrize("fields", [{}, {"max_tokens": 5}])
async def test_a_prompt_too_long_for_the_context_is_refused_with_counts(client: Client, fields: dict[str, int]) -> None:
    response = await client.ask("x" * 64, **fields)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "context_length_exceeded")
    assert "64 tokens" in error["message"]


async def test_a_token_limit_beyond_the_context_is_refused(client: Client) -> None:
    error = (await client.ask("hello", max_tokens=60)).json()["error"]
    assert error["code"] == "context_length_exceeded"
    assert "5 tokens" in error["message"]
    assert "60" in error["message"]


async def test_models_lists_the_model(client: Client) -> None:
    body = (await client.http.get("/v1/models")).json()
    assert body["object"] == "list"
    card = body["data"][0]
    assert (card["id"], card["owned_by"], card["max_model_len"]) == (MODEL_NAME, "glmbot", 64)


async def test_tokenize_counts_a_conversation_and_bare_text(client: Client) -> None:
    conversation = {"messages": [{"role": "user", "content": "ab"}, {"role": "assistant", "content": "c"}]}
    for body in (conversation, {"model": MODEL_NAME, "prompt": "abc", "add_generation_prompt": True}):
        response = await client.http.post("/tokenize", json=body)
        assert response.json() == {"count": 3, "max_model_len": 64, "tokens": [97, 98, 99]}


@pytest.mark.parametrize("body", [{}, {"prompt": "a", "messages": [{"role": "user", "content": "a"}]}])
async def test_tokenize_wants_one_text(client: Client, body: dict[str, Any]) -> None:
    response = await client.http.post("/tokenize", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "prompt")


@pytest.mark.parametrize("sent", [None, "Bearer wrong", "Basic secret", "Bearer", "secret", "Bearer secre\xe9"])
async def test_without_the_token_nothing_is_answered_but_health(sent: str | None) -> None:
    headers = {b"Authorization": sent.encode("latin-1")} if sent else {}
    async with served(ScriptedModel(str), token="secret") as server, client_of(server.url) as client:
        for path in ("/v1/models", "/v1/chat/completions", "/tokenize", "/nowhere"):
            response = await client.http.post(path, headers=headers)
            assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")
        assert (await client.http.get("/health")).status_code == 200


async def test_with_the_token_everything_is_answered() -> None:
    async with served(ScriptedModel(str), token="secret") as server, client_of(server.url, "secret") as client:
        assert await client.answer("hello") == "hello"


async def test_while_the_model_loads_only_health_is_answered() -> None:
    may_load = threading.Event()
    async with served(ScriptedModel(str), may_load=may_load) as server, client_of(server.url) as client:
        health = await client.http.get("/health")
        assert (health.status_code, health.json()["status"], health.json()["model"]) == (503, "loading", MODEL_NAME)
        for response in (await client.ask("hi"), await client.http.get("/v1/models")):
            assert (response.status_code, response.json()["error"]["code"]) == (503, "model_loading")
            assert int(response.headers["retry-after"]) > 0
        may_load.set()
        await until(lambda: server.engine.loaded is not None)
        assert (await client.http.get("/health")).json()["status"] == "ready"
        assert await client.answer("hi") == "hi"


async def test_streams_at_once_do_not_mix(client: Client) -> None:
    questions = [letter * (1 + 3 * place) for place, letter in enumerate("abcdefgh")]
    async with asyncio.TaskGroup() as tasks:
        streams = [tasks.create_task(client.stream(question)) for question in questions]
    assert [stream.result().text for stream in streams] == [f"re: {question}" for question in questions]


async def test_who_waits_is_told_the_place_in_line_by_comments() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    async with served(model, max_running=1) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(client.answer("x", user="ann"))
            await until(lambda: server.num_running == 1)
            lines = tasks.create_task(_lines(client))
            await until(lambda: server.engine.num_open == 2)
            model.allow(100)
        assert first.result() == "abc"
    comments = [line for line in lines.result() if line.startswith(":")]
    assert [comment.split()[1:3] for comment in comments] == [["queued", "1"]]
    assert lines.result()[-1] == "data: [DONE]"


async def _lines(client: Client) -> list[str]:
    body = chat_body("y", stream=True, user="bob")
    async with client.http.stream("POST", "/v1/chat/completions", json=body) as response:
        return [line async for line in response.aiter_lines() if line]


async def test_one_sender_cannot_fill_the_queue() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    async with served(model, max_running=1, max_open=4) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            greedy = [tasks.create_task(client.answer("x", user="greedy")) for _ in range(2)]
            await until(lambda: server.engine.num_open == 2)
            refused = await client.ask("x", safety_identifier="greedy")
            other = tasks.create_task(client.answer("x", user="ann"))
            await until(lambda: server.engine.num_open == 3)
            model.allow(100)
        assert [task.result() for task in (*greedy, other)] == ["abc"] * 3
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_a_full_queue_is_refused_with_the_time_to_come_back() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    async with served(model, max_running=1, max_open=2) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            accepted = [tasks.create_task(client.answer("x")) for _ in range(2)]
            await until(lambda: server.engine.num_open == 2)
            refused = await client.ask("x")
            model.allow(100)
        assert [task.result() for task in accepted] == ["abc", "abc"]
        assert await client.answer("x") == "abc"
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")
    assert int(refused.headers["retry-after"]) > 0


class SlowText(LetterText):
    """Writes a prompt when it may, and counts how many it was asked for."""

    def __init__(self) -> None:
        self.may_write = threading.Event()
        self.num_asked = 0

    def encode_chat(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[int]:
        self.num_asked += 1
        assert self.may_write.wait(20)
        return super().encode_chat(messages, tools)


async def test_what_is_too_much_is_refused_before_its_prompt_is_written() -> None:
    """A flood of long texts would keep the threads that do it busy, and every refusal waiting for them."""
    chat = SlowText()
    async with served(ScriptedModel(str), max_open=2, chat=chat) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            accepted = [tasks.create_task(client.answer("x")) for _ in range(2)]
            await until(lambda: chat.num_asked == 2)
            refused = [tasks.create_task(client.ask("y")) for _ in range(20)]
            await until(lambda: all(task.done() for task in refused) or chat.num_asked > 2)
            chat.may_write.set()
        assert [task.result() for task in accepted] == ["x", "x"]
        assert {task.result().status_code for task in refused} == {429}
        assert chat.num_asked == 2
        assert await client.answer("z") == "z"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_is_cancelled_within_a_step(stream: bool) -> None:
    model = ScriptedModel(lambda _: "x" * 50, gated=True)
    async with served(model) as server:
        _, writer = await open_request(server.port, "hello", stream=stream)
        model.allow(3)
        await until(lambda: model.num_decodes == 3)
        assert (server.num_running, model.num_open) == (1, 1)
        writer.close()
        await until(lambda: server.engine.num_open == 0)
        model.allow(1)  # the step that was under way
        await until(lambda: server.num_running == 0)
        await until(lambda: model.num_open == 0)
        assert model.num_decodes == 4


async def test_a_client_that_leaves_amid_its_body_is_no_error(
    server: ServedFake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
    await writer.drain()
    writer.close()
    await until(lambda: "POST /tokenize" in caplog.text)
    assert "Traceback" not in caplog.text


async def test_a_client_that_leaves_while_waiting_gives_up_its_place() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    async with served(model, max_running=1) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(client.answer("x"))
            await until(lambda: server.engine.num_open == 1)
            _, writer = await open_request(server.port, "y")
            await until(lambda: server.engine.num_open == 2)
            writer.close()
            await until(lambda: server.engine.num_open == 1)
            model.allow(3)
        assert first.result() == "abc"
        await until(lambda: server.num_running == 0)
    assert model.num_decodes == 3


@pytest.mark.parametrize("bad", ["\x01", "\x02"], ids=["scores that are no numbers", "an exception"])
async def test_a_failing_request_is_told_so_and_the_others_go_on(bad: str) -> None:
    async with served(ScriptedModel(str)) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            fine = tasks.create_task(client.stream("all is well"))
            plain = tasks.create_task(client.ask(f"ab{bad}"))
            stream = tasks.create_task(client.stream(f"ab{bad}"))
        assert await client.answer("still here") == "still here"
    assert (fine.result().text, fine.result().is_done) == ("all is well", True)
    assert plain.result().status_code == 500
    code = "scores_not_finite" if bad == "\x01" else "generation_failed"
    assert plain.result().json()["error"]["code"] == code
    assert stream.result().text == "ab"
    assert stream.result().errors[0]["error"]["type"] == "server_error"
    assert stream.result().errors[0]["error"]["code"] == code


async def test_requests_are_logged_in_one_line_without_text(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await client.answer("hello")
    await client.http.post("/secret-path")
    await client.http.get("/health")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("glmbot")]
    assert len(lines) == 2
    assert lines[0].startswith("POST /v1/chat/completions 200 ")
    assert lines[0].endswith(" s, 5 + 10 tokens, stop")
    assert lines[1].startswith("POST (unknown path) 404 ")


async def test_events_are_ascii_so_that_no_client_splits_them(server: ServedFake) -> None:
    reader, writer = await open_request(server.port, "hi", stream=True)
    content = await reader.readuntil(b"[DONE]\n\n")
    assert content.isascii()
    assert json.loads(content.split(b"data: ")[1].split(b"\n\n")[0])["choices"]
    writer.close()
    await writer.wait_closed()


async def test_a_stopping_server_lets_answers_finish() -> None:
    model = ScriptedModel(lambda _: "abc", gated=True)
    async with served(model) as server, client_of(server.url) as client, asyncio.TaskGroup() as tasks:
        stream = tasks.create_task(client.stream("hello"))
        await until(lambda: server.engine.num_open == 1)
        server.http.stop()
        model.allow(100)
    assert (stream.result().text, stream.result().is_done) == ("abc", True)


async def test_a_stopping_server_cuts_what_does_not_finish_in_time() -> None:
    model = ScriptedModel(lambda _: "x" * 50, gated=True)
    async with served(model, drain_time=0) as server, client_of(server.url) as client:
        async with asyncio.TaskGroup() as tasks:
            stream = tasks.create_task(has_end_mark(client))
            plain = tasks.create_task(client.ask("hello"))
            await until(lambda: server.engine.num_open == 2)
            server.http.stop()
        model.allow(100)
    assert not stream.result()
    assert (plain.result().status_code, plain.result().json()["error"]["code"]) == (503, "server_stopping")


async def has_end_mark(client: Client) -> bool:
    """Stream until the connection is lost; return whether there was an end mark."""
    events: list[str] = []

    async def read() -> None:
        async for event in client.events("hello"):
            events.append(event)

    with pytest.raises(httpx.RemoteProtocolError):
        await read()
    return "[DONE]" in events


async def test_a_model_that_cannot_be_loaded_ends_the_server() -> None:
    def load() -> LoadedModel:
        raise CheckpointError("the shard is missing")

    engine = EngineThread(load, max_open=1)
    server = build_http_server(build_app(engine, MODEL_NAME, None), engine)
    engine.start()
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(CheckpointError, match="the shard"):
        await run_http(server, engine, listener)
