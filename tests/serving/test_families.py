"""ChatGLM2 and ChatGLM3 through the real server, asked by the official client, against the reference's answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.serving.engine_process import TOKEN, running

SHARED = Path(__file__).parents[3] / "shared" / "fixtures" / "chatglm"
GENERATIONS = ["v2_e2e", "v3_e2e"]


@pytest.fixture(scope="module", params=GENERATIONS)
def checkpoint(request: pytest.FixtureRequest) -> Path:
    directory = SHARED / str(request.param)
    if not directory.is_dir():
        pytest.skip("the whole set of reference values is not in ../shared/fixtures/chatglm")
    return directory


@pytest.fixture(scope="module")
def client(checkpoint: Path) -> Iterator[openai.OpenAI]:
    with serving(checkpoint) as connected:
        yield connected


@contextmanager
def serving(checkpoint: Path) -> Iterator[openai.OpenAI]:
    with running("--model", str(checkpoint), "--until-stdin-closes") as process:
        process.wait_until_ready()
        with openai.OpenAI(base_url=f"{process.url}/v1", api_key=TOKEN, max_retries=0, timeout=60) as connected:
            yield connected


def conversations(checkpoint: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((checkpoint / "chat.json").read_text("utf-8"))
    return cases


def request_of(case: dict[str, Any]) -> dict[str, Any]:
    """Return the request whose answer is the reference's."""
    earlier: list[dict[str, str]] = []
    for turn in case["history"]:
        if isinstance(turn, dict):
            earlier.append({"role": turn["role"], "content": turn["content"]})
        else:
            earlier += [{"role": "user", "content": turn[0]}, {"role": "assistant", "content": turn[1]}]
    messages = [*earlier, {"role": "user", "content": case["query"]}]
    return {"messages": messages, "temperature": 0, "max_tokens": case["max_length"] - len(case["input_ids"])}


def test_greedy_answers_equal_the_reference(client: openai.OpenAI, checkpoint: Path) -> None:
    for case in conversations(checkpoint):
        answer = client.chat.completions.create(model=checkpoint.name, **request_of(case))
        choice, usage = answer.choices[0], answer.usage
        assert (choice.message.content, choice.finish_reason) == (
            case["response"],
            "stop" if case["ends_with_eos"] else "length",
        )
        assert usage is not None
        assert (usage.prompt_tokens, usage.completion_tokens) == (len(case["input_ids"]), len(case["output_ids"]))


def test_streamed_greedy_answers_equal_the_reference(client: openai.OpenAI, checkpoint: Path) -> None:
    for case in conversations(checkpoint):
        stream = client.chat.completions.create(model=checkpoint.name, stream=True, **request_of(case))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == case["response"]


def test_tokenize_gives_the_reference_ids(client: openai.OpenAI, checkpoint: Path) -> None:
    url = str(client.base_url).removesuffix("/v1/") + "/tokenize"
    for case in conversations(checkpoint):
        body = {"messages": request_of(case)["messages"]}
        reply = client.post(url, body=body, cast_to=dict[str, Any])
        assert reply["tokens"] == case["input_ids"]


def test_tools_are_for_chatglm3_alone(client: openai.OpenAI, checkpoint: Path) -> None:
    ask: Any = {
        "model": checkpoint.name,
        "messages": [{"role": "user", "content": "price?"}],
        "tools": [{"type": "function", "function": {"name": "track"}}],
        "max_tokens": 2,
    }
    if checkpoint.name == "v3_e2e":
        assert client.chat.completions.create(**ask).choices
    else:
        with pytest.raises(openai.BadRequestError, match="tools: ChatGLM2-6B does not know tools"):
            client.chat.completions.create(**ask)
