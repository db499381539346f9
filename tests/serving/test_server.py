"""The real server process, asked by the official client, against what the reference implementation answered."""

import asyncio
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.serving.engine_process import TOKEN, Process, checkpoint, command, conversations, running

Case = dict[str, Any]


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with running("--model", str(checkpoint()), "--served-name", "tiny", "--until-stdin-closes") as started:
        started.wait_until_ready()
        yield started


@pytest.fixture
async def client(process: Process) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{process.url}/v1", api_key=TOKEN, max_retries=0, timeout=60) as connected:
        yield connected


@pytest.fixture(params=range(10))
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = conversations()[request.param]
    return chosen


def messages(case: Case) -> list[Any]:
    turns = [*case["history"], (case["query"], None)]
    pairs = [({"role": "user", "content": ask}, {"role": "assistant", "content": say}) for ask, say in turns]
    return [message for pair in pairs for message in pair][:-1]


def room(case: Case) -> int:
    """Return how long the reference let the answer become."""
    return int(case["max_length"] - len(case["input_ids"]))


async def streamed(client: openai.AsyncOpenAI, **fields: Any) -> tuple[str, str | None]:
    """Return text and finish reason of a stream."""
    text, finish = "", None
    async for chunk in await client.chat.completions.create(model="tiny", stream=True, **fields):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    return text, finish


async def test_greedy_answers_equal_the_reference(client: openai.AsyncOpenAI, case: Case) -> None:
    answer = await client.chat.completions.create(
        model="tiny", messages=messages(case), temperature=0, max_tokens=room(case)
    )
    choice = answer.choices[0]
    assert choice.message.content == case["response"]
    assert choice.finish_reason == ("stop" if case["ends_with_eos"] else "length")
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == len(case["input_ids"])
    assert answer.usage.completion_tokens == len(case["output_ids"])


async def test_streamed_greedy_answers_equal_the_reference(client: openai.AsyncOpenAI, case: Case) -> None:
    text, finish = await streamed(client, messages=messages(case), temperature=0, max_tokens=room(case))
    assert (text, finish) == (case["response"], "stop" if case["ends_with_eos"] else "length")


async def test_tokenize_gives_the_reference_ids(client: openai.AsyncOpenAI, process: Process, case: Case) -> None:
    body = {"messages": messages(case)}
    reply = await client.post(f"{process.url}/tokenize", body=body, cast_to=object)
    assert reply == {"count": len(case["input_ids"]), "max_model_len": 320, "tokens": case["input_ids"]}


async def test_streams_at_once_do_not_mix(client: openai.AsyncOpenAI) -> None:
    cases = conversations()
    async with asyncio.TaskGroup() as tasks:
        answers = [
            tasks.create_task(streamed(client, messages=messages(case), temperature=0, max_tokens=room(case)))
            for case in cases
        ]
    assert [answer.result()[0] for answer in answers] == [case["response"] for case in cases]


async def test_a_seed_repeats_an_answer_whatever_runs_beside_it(client: openai.AsyncOpenAI) -> None:
    asked = {"messages": messages(conversations()[0]), "temperature": 1.5, "top_p": 1.0, "max_tokens": 40}
    alone = await streamed(client, **asked, seed=7)
    async with asyncio.TaskGroup() as tasks:
        same = tasks.create_task(streamed(client, **asked, seed=7))
        others = [tasks.create_task(streamed(client, **asked, seed=seed)) for seed in range(100, 104)]
    assert same.result() == alone
    assert len({other.result() for other in others} | {alone}) == 5


async def test_a_stop_string_ends_before_itself_even_across_pieces(client: openai.AsyncOpenAI) -> None:
    case = conversations()[4]
    response: str = case["response"]
    stop = "安装"
    text, finish = await streamed(client, messages=messages(case), temperature=0, max_tokens=room(case), stop=stop)
    assert (text, finish) == (response[: response.index(stop)].rstrip(), "stop")


async def test_the_model_is_listed_with_its_context(client: openai.AsyncOpenAI) -> None:
    models = [model async for model in client.models.list()]
    assert [(model.id, model.to_dict()["max_model_len"]) for model in models] == [("tiny", 320)]


async def test_a_wrong_token_a_wrong_model_and_a_wrong_field_are_told_apart(client: openai.AsyncOpenAI) -> None:
    ask: Any = {"messages": [{"role": "user", "content": "你好吗？"}]}
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="wrong").chat.completions.create(model="tiny", **ask)
    with pytest.raises(openai.NotFoundError, match="tiny"):
        await client.chat.completions.create(model="other", **ask)
    with pytest.raises(openai.BadRequestError, match="n: "):
        await client.chat.completions.create(model="tiny", n=2, **ask)
    with pytest.raises(openai.BadRequestError, match="holds 320 in all") as refused:
        await client.chat.completions.create(model="tiny", max_tokens=320, **ask)
    assert refused.value.code == "context_length_exceeded"


async def test_a_stream_that_is_left_frees_its_place(client: openai.AsyncOpenAI, process: Process) -> None:
    ask = messages(conversations()[0])
    stream = await client.chat.completions.create(model="tiny", messages=ask, stream=True, temperature=0)
    await anext(aiter(stream))
    await stream.close()
    async with asyncio.timeout(30):
        while (await client.get(f"{process.url}/health", cast_to=dict[str, Any]))["num_running"]:
            await asyncio.sleep(0.01)


def test_sigterm_lets_a_running_answer_finish_and_ends_with_0() -> None:
    with running("--model", str(checkpoint())) as process:
        process.wait_until_ready()
        client = openai.OpenAI(base_url=f"{process.url}/v1", api_key=TOKEN, max_retries=0)
        ask = messages(conversations()[0])
        stream = client.chat.completions.create(
            model="v1_e2e", messages=ask, temperature=0, stream=True, max_tokens=200
        )
        next(stream)
        process.popen.send_signal(signal.SIGTERM)
        assert [chunk.choices[0].finish_reason for chunk in stream][-1] in ("stop", "length")
        client.close()
        exit_code, stdout, stderr = process.end()
    assert (exit_code, stdout) == (0, ""), stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize(("end", "is_ready"), [("SIGTERM", False), ("SIGINT", True), ("stdin", False), ("stdin", True)])
def test_the_server_ends_with_0_when_told_to(end: str, is_ready: bool) -> None:
    with running("--model", str(checkpoint()), "--until-stdin-closes") as process:
        if is_ready:
            process.wait_until_ready()
        if end == "stdin":
            process.close_stdin()
        else:
            process.popen.send_signal(signal.Signals[end])
        exit_code, stdout, stderr = process.end()
    assert (exit_code, stdout) == (0, ""), stderr
    assert "Traceback" not in stderr


def refused(*options: str) -> str:
    """Start a server that must refuse to run; return its complaint."""
    ended = subprocess.run(command(*options), capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    complaint = ended.stderr.splitlines()[-1]
    assert complaint.startswith("error: ")
    return complaint


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        complaint = refused("--model", str(checkpoint()), "--port", port)
    assert port in complaint
    assert "in use" in complaint


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_without_a_token_only_this_machine_is_served(host: str) -> None:
    assert "GLMBOT_SERVE_TOKEN" in refused("--model", str(checkpoint()), "--host", host)


def test_a_host_that_does_not_exist_is_named() -> None:
    assert "'no.such.host.invalid'" in refused("--model", str(checkpoint()), "--host", "no.such.host.invalid")


def test_a_checkpoint_that_lacks_its_weights_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(checkpoint(), model, copy_function=shutil.copyfile)
    model.chmod(0o755)
    (model / "model.safetensors").unlink()
    assert "model.safetensors" in refused("--model", str(model))


def test_a_device_that_is_not_there_is_refused() -> None:
    assert "'cuda:99'" in refused("--model", str(checkpoint()), "--device", "cuda:99")


def test_the_server_can_listen_before_torch_is_there() -> None:
    check = "import sys, glmbot.serving.server; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False, timeout=60).returncode == 0
