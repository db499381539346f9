"""Answers that repeat themselves without end, and those that only look so."""

import time
from pathlib import Path

import pytest

from glmbot.repetition import MAX_CODE
from glmbot.serving.api.loops import longest_loop
from glmbot.serving.engine.loops import LoopGuard
from glmbot.serving.loading.weights import load_tokenizer
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from tests.serving.engine_client import client_of
from tests.serving.engine_fake import ScriptedModel, served

DEMO = Path(__file__).parent.parent.parent / "glmbot" / "demo" / "checkpoint"


@pytest.fixture(scope="module")
def tokenizer() -> ChatGLMTokenizer:
    loaded = load_tokenizer(DEMO)
    assert isinstance(loaded, ChatGLMTokenizer)
    return loaded


def num_passed(tokenizer: ChatGLMTokenizer, text: str, *, may_repeat: bool = False) -> tuple[int, int]:
    """Return how many tokens of an answer were let pass, and how many it has."""
    ids = tokenizer.encode_text(text)
    guard = LoopGuard(longest_loop(tokenizer.token_bytes, may_repeat=may_repeat))
    return next((end for end in range(1, len(ids) + 1) if guard.ends(ids[:end])), len(ids)), len(ids)


@pytest.mark.parametrize(
    "text",
    [
        "ha " * 30 + "!",
        "哈" * 60 + "，太好笑了！",
        "Sooooooooooooooooooooooo good!!!!!!!!!!!!!!!!!!!!!!!!!",
        "-" * 120 + "\n" + "+-" * 60 + "+\n" + "=" * 300,
        "| name | done |\n|---|---|\n" + "| task | no |\n" * 30,
        "| 0 | 0 | 0 | 0 |\n" * 20,
        "".join(f"{number}. Open box {number}.\n" for number in range(1, 100)),
        " ".join(map(str, range(300))),
        "一二三四五六七八九十" * 4,
        "- [ ] item\n" * 15,
        "```python\n" + "print('hello')\n" * 100 + "```\n",
        "```\n" + " " * 400 + "x\n" + "        self.x = 0\n" * 60 + "```",
        "The matrix:\n" + ("0 " * 12 + "\n") * 12,
        "A googol is 1" + "0" * 100 + ".",
        "And miles to go before I sleep,\nAnd miles to go before I sleep.\n" * 2,
    ],
    ids=lambda text: text[:20],
)
def test_a_sound_answer_is_not_cut(tokenizer: ChatGLMTokenizer, text: str) -> None:
    num_kept, num_tokens = num_passed(tokenizer, text)
    assert num_kept == num_tokens


@pytest.mark.parametrize(
    ("unit", "most"),
    [
        ("哈", 260),
        ("好的", 260),
        ("I am sorry. ", 260),
        ("我们要努力学习，天天向上。", 260),
        ("The list goes on and on, and nobody knows where it ends.\n", 350),
        ("龘", 900),
        ("-", 1_100),
        ("0, ", 1_100),
    ],
)
def test_an_endless_loop_is_ended(tokenizer: ChatGLMTokenizer, unit: str, most: int) -> None:
    num_kept, _ = num_passed(tokenizer, "Of course: " + unit * 2_000)
    assert 60 < num_kept < most
    assert len(tokenizer.decode_text(tokenizer.encode_text(unit * 2_000)[:num_kept])) > 190  # no less than in the bot


def test_an_endless_loop_in_code_is_ended_too(tokenizer: ChatGLMTokenizer) -> None:
    text = "```\n" + "x = 0\n" * 4_000
    num_kept, num_tokens = num_passed(tokenizer, text)
    assert len("x = 0\n" * num_kept) > MAX_CODE
    assert num_kept < num_tokens / 2


def test_what_is_asked_for_may_be_repeated(tokenizer: ChatGLMTokenizer) -> None:
    text = "I will not be late.\n" * 100
    assert num_passed(tokenizer, text)[0] < num_passed(tokenizer, text)[1]
    num_kept, num_tokens = num_passed(tokenizer, text, may_repeat=True)
    assert num_kept == num_tokens


def test_a_token_costs_the_same_however_long_the_answer_is() -> None:
    guard = LoopGuard(lambda unit, before: 10**9)
    tokens: list[int] = []

    def seconds() -> float:
        began = time.thread_time()
        for number in range(2_000):
            tokens.append(number // 1_000)
            guard.ends(tokens)
        return time.thread_time() - began

    taken = [seconds() for _ in range(20)]
    assert min(taken[10:]) < 4 * min(taken[:3])  # 8 and more where it grew with the answer


async def test_the_server_ends_a_loop_as_cut_and_goes_on_with_others() -> None:
    model = ScriptedModel(lambda prompt: "Well: " + "ab, " * 500)
    async with served(model, max_length=3_000) as server, client_of(server.url) as client:
        body = (await client.ask("hello")).json()
        assert body["choices"][0]["finish_reason"] == "length"
        assert 200 < body["usage"]["completion_tokens"] < 220
        streamed = await client.stream("hello")
        assert (streamed.finish, streamed.is_done) == ("length", True)
        assert len(streamed.text) == len(body["choices"][0]["message"]["content"])


@pytest.mark.parametrize(("text", "fields"), [("hello", {"stop_loops": False}), ("write it 500 times", {})])
async def test_a_client_may_have_the_whole(text: str, fields: dict[str, bool]) -> None:
    model = ScriptedModel(lambda prompt: "ab, " * 500)
    async with served(model, max_length=3_000) as server, client_of(server.url) as client:
        body = (await client.ask(text, **fields)).json()
    assert (body["choices"][0]["finish_reason"], body["usage"]["completion_tokens"]) == ("stop", 2_001)
