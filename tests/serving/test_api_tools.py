"""Tools over the HTTP API, asked by the official client, on a scripted ChatGLM3."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessage

from glmbot.serving.chat.conversation import Tool
from glmbot.serving.chat.texts import ChatGLM3Text
from glmbot.serving.chat.tool_calls import FENCE_END
from glmbot.serving.tokenizers.chatglm2 import ChatGLM2Tokenizer
from tests.serving.engine_client import client_of
from tests.serving.engine_fake import MODEL_NAME, RoleLetters, ScriptedModel, served

TOOL: Any = {
    "type": "function",
    "function": {
        "name": "track",
        "description": "Follow the price of a share",
        "parameters": {"type": "object", "properties": {"symbol": {"type": "string"}}, "required": ["symbol"]},
    },
}
CODE = "```python\ntool_call(symbol='10111')\n```"
ASKED: Any = {"role": "user", "content": "price?"}
ASSISTANT, OBSERVATION = chr(132), chr(133)


def as_text(prompt: str) -> str:
    return RoleLetters().decode_text(list(map(ord, prompt)))


def scripted(prompt: str) -> str:
    """Call the tool, then tell its result."""
    asked = as_text(prompt).rpartition("<|user|>\n")[2]
    if asked.startswith("both?"):
        return f"\n fine{ASSISTANT}track\n{CODE}{ASSISTANT}track\n{CODE}{OBSERVATION}"
    if asked.startswith("broken?"):
        return f"track\n```python\ntool_call(symbol=evil())\n```{OBSERVATION}"
    if asked.startswith("price?") and "<|observation|>" not in asked:
        return f"track\n{CODE}{OBSERVATION}"
    return f"\n It is {asked.partition('<|observation|>')[2].partition('<')[0].strip()}."


@asynccontextmanager
async def asked_client(seen: list[str] | None = None) -> AsyncIterator[openai.AsyncOpenAI]:
    def script(prompt: str) -> str:
        if seen is not None:
            seen.append(as_text(prompt))
        return scripted(prompt)

    chat = ChatGLM3Text(RoleLetters())
    model = ScriptedModel(script, end_tokens=chat.end_tokens)
    async with (
        served(model, chat=chat, max_length=2000) as server,
        openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="x", max_retries=0, timeout=20) as client,
    ):
        yield client


@pytest.fixture
async def client() -> AsyncIterator[openai.AsyncOpenAI]:
    async with asked_client() as connected:
        yield connected


async def ask(client: openai.AsyncOpenAI, *messages: Any, **fields: Any) -> tuple[ChatCompletionMessage, str]:
    """Return message and finish reason, once they are the same streamed and not."""
    answer = await client.chat.completions.create(model=MODEL_NAME, messages=[*messages], **fields)
    choice = answer.choices[0]
    assert await streamed(client, *messages, **fields) == (
        choice.message.content or "",
        [(call.function.name, call.function.arguments) for call in functions(choice.message)],
        choice.finish_reason,
    )
    return choice.message, choice.finish_reason


def functions(message: ChatCompletionMessage) -> list[Any]:
    return list(message.tool_calls or [])


async def streamed(client: openai.AsyncOpenAI, *messages: Any, **fields: Any) -> tuple[str, list[Any], str | None]:
    """Put a stream together as clients do: the parts of each call by its index."""
    text, calls, finish = "", {}, None
    async for chunk in await client.chat.completions.create(
        model=MODEL_NAME, messages=[*messages], stream=True, **fields
    ):
        delta = chunk.choices[0].delta
        text += delta.content or ""
        for part in delta.tool_calls or []:
            assert part.function is not None
            call = calls.setdefault(part.index, {"id": part.id, "name": part.function.name, "arguments": ""})
            call["arguments"] += part.function.arguments or ""
        finish = chunk.choices[0].finish_reason or finish
    assert len({call["id"] for call in calls.values()}) == len(calls)
    return text, [(call["name"], call["arguments"]) for call in calls.values()], finish


async def test_a_tool_is_called_and_its_result_told() -> None:
    seen: list[str] = []
    async with asked_client(seen) as client:
        message, finish = await ask(client, ASKED, tools=[TOOL])
        assert (message.content, finish) == (None, "tool_calls")
        call = functions(message)[0]
        assert (call.type, call.function.name) == ("function", "track")
        assert json.loads(call.function.arguments) == {"symbol": "10111"}
        result = {"role": "tool", "tool_call_id": call.id, "content": '{"price": 12}'}
        message, finish = await ask(client, ASKED, message, result, tools=[TOOL])
    assert (message.content, finish) == ('It is {"price": 12}.', "stop")
    assert message.tool_calls is None
    definitions = json.dumps([TOOL["function"]], indent=4)
    assert seen[-1].endswith(
        f'{definitions}<|user|>\nprice?<|assistant|>track\n{CODE}<|observation|>\n{{"price": 12}}<|assistant|>'
    )


async def test_an_answer_put_together_by_the_client_can_be_sent_back(client: openai.AsyncOpenAI) -> None:
    async with client.chat.completions.stream(model=MODEL_NAME, messages=[ASKED], tools=[TOOL]) as stream:
        message: Any = (await stream.get_final_completion()).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "12"}
    answer, _ = await ask(client, ASKED, message.to_dict(), result, tools=[TOOL])
    assert answer.content == "It is 12."


async def test_text_and_several_calls_come_together(client: openai.AsyncOpenAI) -> None:
    message, finish = await ask(client, {"role": "user", "content": "both?"}, tools=[TOOL])
    assert (message.content, len(functions(message)), finish) == ("fine", 2, "tool_calls")
    assert len({call.id for call in functions(message)}) == 2


async def test_one_call_alone_is_given_where_that_was_asked(client: openai.AsyncOpenAI) -> None:
    asked = {"role": "user", "content": "both?"}
    message, _ = await ask(client, asked, tools=[TOOL], parallel_tool_calls=False)
    assert len(functions(message)) == 1


async def test_a_call_that_cannot_be_read_is_text(client: openai.AsyncOpenAI) -> None:
    message, finish = await ask(client, {"role": "user", "content": "broken?"}, tools=[TOOL])
    assert (message.content, finish) == (f"track\n```python\ntool_call(symbol=evil())\n{FENCE_END}", "stop")
    assert message.tool_calls is None


@pytest.mark.parametrize("fields", [{}, {"tools": [TOOL], "tool_choice": "none"}], ids=["no tools", "choice none"])
async def test_without_tools_the_model_hears_of_none_and_calls_none(fields: dict[str, Any]) -> None:
    seen: list[str] = []
    async with asked_client(seen) as client:
        message, finish = await ask(client, ASKED, **fields)
    assert (message.content, finish) == (f"track\n{CODE}", "stop")
    assert seen[0] == "[gMASK]sop<|user|>\nprice?<|assistant|>"


async def test_a_call_that_the_limit_cuts_is_text(client: openai.AsyncOpenAI) -> None:
    message, finish = await ask(client, ASKED, tools=[TOOL], max_tokens=10)
    assert (message.content, finish) == ("track\n```", "length")


async def test_a_stop_string_in_the_text_ends_the_answer_before_its_calls(client: openai.AsyncOpenAI) -> None:
    message, finish = await ask(client, {"role": "user", "content": "both?"}, tools=[TOOL], stop="ne")
    assert (message.content, functions(message), finish) == ("fi", [], "stop")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"tool_choice": "required"}, "tool_choice: is not supported"),
        ({"messages": [{"role": "tool", "tool_call_id": "c", "content": "x"}]}, "'c' answers no call"),
    ],
)
async def test_what_cannot_be_kept_is_refused(client: openai.AsyncOpenAI, fields: dict[str, Any], reason: str) -> None:
    asked: Any = {"model": MODEL_NAME, "messages": [ASKED], "tools": [TOOL]} | fields
    with pytest.raises(openai.BadRequestError, match=reason):
        await client.chat.completions.create(**asked)


async def test_tokenize_counts_the_tools_too() -> None:
    chat = ChatGLM3Text(RoleLetters())
    async with served(ScriptedModel(scripted), chat=chat) as server, client_of(server.url) as client:
        body = {"messages": [ASKED], "tools": [TOOL]}
        tokens = (await client.http.post("/tokenize", json=body)).json()["tokens"]
        assert "Follow the price" in RoleLetters().decode_text(tokens)


async def test_the_small_chatglm3s_own_tokens_carry_a_call_and_its_result(shared: Path) -> None:
    tokenizer = ChatGLM2Tokenizer(str(shared / "v3_e2e" / "tokenizer.model"), has_roles=True)
    chat = ChatGLM3Text(tokenizer)
    observation = tokenizer.mark_ids["<|observation|>"]

    def script(prompt: str) -> str:
        is_told = chr(observation) in prompt
        text = "\n 价格是12元。" if is_told else "track\n```python\ntool_call(symbol='北京 10111')\n```"
        return "".join(map(chr, [*tokenizer.encode_text(text), *([] if is_told else [observation])]))

    model = ScriptedModel(script, end_tokens=chat.end_tokens, num_tokens=len(tokenizer))
    async with (
        served(model, chat=chat, max_length=4000) as server,
        openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="x", max_retries=0, timeout=20) as client,
    ):
        message, finish = await ask(client, ASKED, tools=[TOOL])
        call = functions(message)[0]
        assert (finish, json.loads(call.function.arguments)) == ("tool_calls", {"symbol": "北京 10111"})
        result = {"role": "tool", "tool_call_id": call.id, "content": "12"}
        message, finish = await ask(client, ASKED, message, result, tools=[TOOL])
    assert (message.content, finish) == ("价格是12元。", "stop")


def test_texts_of_several_turns_stand_on_lines_of_their_own() -> None:
    response = ChatGLM3Text(RoleLetters()).new_response([Tool("track", {})])
    letters = f"\n one{ASSISTANT}\n two {ASSISTANT} {ASSISTANT}three"
    pieces = [response.add(ord(letter)) for letter in letters]
    assert "".join([*pieces, response.finish()]) == "one\ntwo\nthree"
