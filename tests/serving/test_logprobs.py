"""How likely the tokens of an answer were: over HTTP, against the scores of the model."""

import math
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import openai
import pytest
import torch
from openai.types.chat import ChatCompletionTokenLogprob

from glmbot.serving.chat.token_bytes import TokenBytes
from glmbot.serving.engine.decoder import ChatGLMDecoder
from glmbot.serving.loading.precision import Precision
from glmbot.serving.loading.weights import load_model, load_tokenizer, load_tokenizer2
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from tests.serving.engine_fake import MODEL_NAME, ScriptedModel, served
from tests.serving.engine_process import CHECKPOINTS, TOKEN, checkpoint, conversations, running
from tests.serving.native_fake import build_tokenizer

TOLERANCE = 2e-4
"""Another order of sums may change the last bits of float32."""


@pytest.fixture
async def scripted() -> AsyncIterator[openai.AsyncOpenAI]:
    async with (
        served(ScriptedModel(lambda _: "abc. x")) as server,
        openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="x", max_retries=0) as client,
    ):
        yield client


async def ask(client: openai.AsyncOpenAI, **fields: Any) -> list[ChatCompletionTokenLogprob]:
    """Return the entries of an answer, after checking that a stream has the same."""
    messages: Any = [{"role": "user", "content": "hi"}]
    create: Callable[..., Any] = client.chat.completions.create
    whole = await create(model=MODEL_NAME, messages=messages, **fields)
    content: list[ChatCompletionTokenLogprob] = whole.choices[0].logprobs.content
    stream = await create(model=MODEL_NAME, messages=messages, stream=True, **fields)
    choices = [choice async for chunk in stream for choice in chunk.choices]
    assert [entry for choice in choices if choice.logprobs for entry in choice.logprobs.content] == content
    return content


async def test_each_token_of_the_answer_has_an_entry(scripted: openai.AsyncOpenAI) -> None:
    entries = await ask(scripted, logprobs=True)
    assert [entry.token for entry in entries] == list("abc. x")  # and none for the end mark
    assert [entry.bytes for entry in entries] == [[ord(letter)] for letter in "abc. x"]
    likeliest = math.log(math.e / (math.e + 255))  # of 256 scores one is 1, the rest 0
    assert all(entry.logprob == pytest.approx(likeliest, abs=1e-5) for entry in entries)
    assert all(entry.top_logprobs == [] for entry in entries)


@pytest.mark.parametrize(("stop", "tokens"), [("c.", "ab"), (".", "abc"), ("zz", "abc. x"), ("a", "")])
async def test_what_a_stop_string_cuts_off_has_no_entry(scripted: openai.AsyncOpenAI, stop: str, tokens: str) -> None:
    entries = await ask(scripted, logprobs=True, top_logprobs=2, stop=stop)
    assert [entry.token for entry in entries] == list(tokens)
    assert all([top.token for top in entry.top_logprobs][:1] == [entry.token] for entry in entries)


async def test_without_being_asked_for_nothing_is_told(scripted: openai.AsyncOpenAI) -> None:
    messages: Any = [{"role": "user", "content": "hi"}]
    answer = await scripted.chat.completions.create(model=MODEL_NAME, messages=messages, logprobs=False)
    assert answer.choices[0].logprobs is None


async def test_penalties_and_temperature_do_not_change_them(scripted: openai.AsyncOpenAI) -> None:
    plain = await ask(scripted, logprobs=True, top_logprobs=3)
    changed = await ask(
        scripted, logprobs=True, top_logprobs=3, temperature=2, frequency_penalty=2, logit_bias={"65": 5}
    )
    assert changed == plain


async def test_they_are_the_log_softmax_of_the_models_scores() -> None:
    case = conversations()[0]
    with running("--model", str(checkpoint()), "--served-name", "tiny", "--precision", "fp32") as process:
        process.wait_until_ready()
        async with openai.AsyncOpenAI(base_url=f"{process.url}/v1", api_key=TOKEN, max_retries=0) as client:
            messages: Any = [{"role": "user", "content": case["query"]}]
            answer = await client.chat.completions.create(
                model="tiny", messages=messages, max_tokens=5, temperature=0, logprobs=True, top_logprobs=20
            )
    assert answer.choices[0].logprobs is not None
    entries = answer.choices[0].logprobs.content
    assert entries is not None
    expected = list(own_logprobs(case["input_ids"], case["output_ids"][: len(entries)]))
    for entry, token, row in zip(entries, case["output_ids"], expected, strict=False):
        assert entry.logprob == pytest.approx(float(row[token]), abs=TOLERANCE)
        best = row.topk(20).values.tolist()
        assert [top.logprob for top in entry.top_logprobs] == pytest.approx(best, abs=TOLERANCE)
    assert b"".join(bytes(entry.bytes or []) for entry in entries).decode(errors="ignore").strip()


@torch.inference_mode()
def own_logprobs(prompt: list[int], answer: list[int]) -> list[torch.Tensor]:
    """Return the (V,) of each token of an answer."""
    model = load_model(checkpoint(), Precision.FP32, torch.device("cpu"))
    assert isinstance(model, ChatGLMForConditionalGeneration)
    decoder = ChatGLMDecoder(model)
    scores = [decoder.prefill(prompt), *(decoder.decode(token) for token in answer[:-1])]
    return [row.log_softmax(-1) for row in scores]


TEXT = "Hello  world,\n\tnaïve 你好 🎉!"


@pytest.mark.parametrize("name", ["v1_e2e", "v2_e2e", "v3_e2e"])
def test_the_bytes_of_all_tokens_are_the_text(name: str) -> None:
    directory = next((folder / name for folder in CHECKPOINTS if (folder / name).is_dir()), Path(name))
    if not directory.is_dir():
        pytest.skip(f"the checkpoint {name} is not here")
    tokenizer: Any = (load_tokenizer if name == "v1_e2e" else load_tokenizer2)(directory)
    text = TEXT if isinstance(tokenizer, ChatGLMTokenizer) else "Hello world, 你好 🎉!"
    found = b"".join(map(tokenizer.token_bytes, tokenizer.encode_text(text))).decode()
    assert found.removeprefix(" ") == tokenizer.decode_text(tokenizer.encode_text(text))


def test_the_bytes_of_a_native_tokenizers_tokens_are_the_text() -> None:
    tokenizer = build_tokenizer()
    token_bytes = TokenBytes(tokenizer)
    ids = tokenizer("<|im_start|>" + TEXT)["input_ids"]
    assert b"".join(map(token_bytes, ids)).decode() == "<|im_start|>" + TEXT
    assert token_bytes(len(tokenizer) + 5) == b""
