"""A model that answers by a script, one letter a token, and a server around it in this process."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import torch
from pydantic import SecretStr
from torch import Tensor

from glmbot.serving.api.openai import build_app
from glmbot.serving.chat.conversation import ChatMessage, Tool, ToolCall, plain_turns
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sampler import TokenSampler
from glmbot.serving.engine.sequence import Decoder, Sampling
from glmbot.serving.engine.thread import EngineThread
from glmbot.serving.http_server import DRAIN_TIME, HttpServer, build_http_server, run_http
from glmbot.serving.loaded_model import ChatText, LoadedModel

END = 0
MODEL_NAME = "scripted"
DEADLINE = 20.0

Script = Callable[[str], str]


class ScriptedModel:
    """Writes `script(prompt)`, then the end mark; in it `\\x01` means scores that are no numbers, `\\x02` an error,
    `\\x03` scores that are no numbers until they are computed again in float32, when they mean `?`, and `\\x04` that
    there is no memory for it.

    With `gated`, each decode step waits for a permit of `allow`; reading a prompt never waits.
    """

    def __init__(
        self, script: Script, *, gated: bool = False, end_tokens: frozenset[int] = frozenset(), num_tokens: int = 256
    ) -> None:
        self.script = script
        self.end_tokens = end_tokens | {END}
        self.num_tokens = num_tokens
        self.num_decodes = 0
        self.num_open = 0
        self.num_read_again = 0
        self.samplings: list[Sampling] = []
        self._gate = threading.Semaphore(0) if gated else None
        self.is_causal = False
        self.most_at_once, self.too_many = 1000, Exception()
        self.bytes_per_token = 0
        self.num_kept_tokens = 0

    def allow(self, num_decodes: int) -> None:
        assert self._gate is not None
        self._gate.release(num_decodes)

    def new_decoder(self, prompt: Sequence[int] = (), max_tokens: int = 0) -> "ScriptedDecoder":
        return ScriptedDecoder(self)

    def keep(self, decoder: Decoder, tokens: Sequence[int]) -> None:
        assert isinstance(decoder, ScriptedDecoder)

    def forget_kept(self) -> bool:
        return False

    def decode(self, decoders: Sequence[Decoder], tokens: Sequence[int]) -> Tensor:
        assert len(set(map(id, decoders))) == len(decoders) > 0, "each sequence once"
        if len(decoders) > self.most_at_once:
            raise self.too_many
        own = [decoder for decoder in decoders if isinstance(decoder, ScriptedDecoder)]
        for decoder, token in zip(own, tokens, strict=True):
            decoder.check(token)
        return torch.stack([decoder.extend([token]) for decoder, token in zip(own, tokens, strict=True)])

    def new_sampler(self, sampling: Sampling, prompt: Sequence[int] = ()) -> TokenSampler:
        assert sampling.top_k >= 0
        self.samplings.append(sampling)
        return TokenSampler(Sampling(temperature=0))

    def wait(self) -> None:
        if self._gate:
            assert self._gate.acquire(timeout=DEADLINE), "no permit for this step"
        self.num_decodes += 1


class ScriptedDecoder:
    """Checks that it is given back exactly the tokens it chose."""

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model
        self._answer: str | None = None
        self._written = 0
        model.num_open += 1

    def __del__(self) -> None:
        self._model.num_open -= 1

    @property
    def num_tokens(self) -> int:
        return 0 if self._answer is None else self._written

    def prefill(self, prompt: Sequence[int]) -> Tensor:
        assert torch.is_inference_mode_enabled()
        assert self._answer is None, "a prompt is read once, in one piece"
        self._answer = self._model.script("".join(map(chr, prompt)))
        return self._logits()

    def read_again(self, prompt: Sequence[int], answer: Sequence[int]) -> Tensor | None:
        self._model.num_read_again += 1
        assert self._answer is not None
        assert [chr(token) for token in answer] == list(self._answer[: self._written])
        if not self._answer[self._written :].startswith("\x03"):
            return None
        self._answer = self._answer.replace("\x03", "?", 1)
        return self._logits()

    def check(self, token: int) -> None:
        """A step that would fail must change nothing, so it fails here."""
        assert self._answer is not None
        if chr(token) == "?" and self._answer[self._written] == "\x03":  # computed again before a pause
            self._answer = self._answer.replace("\x03", "?", 1)
        assert token == ord(self._answer[self._written]), "a token of another sequence"
        if self._answer[self._written + 1 : self._written + 2] == "\x02":
            raise RuntimeError("scripted failure")
        if self._answer[self._written + 1 : self._written + 2] == "\x04":
            raise MemoryError

    def extend(self, tokens: Sequence[int]) -> Tensor:
        for token in tokens:
            self.check(token)
            self._model.wait()
            self._written += 1
        return self._logits()

    def _logits(self) -> Tensor:
        assert self._answer is not None
        letter = self._answer[self._written] if self._written < len(self._answer) else chr(END)
        if letter == "\x02":
            raise RuntimeError("scripted failure")
        if letter == "\x04":
            raise MemoryError
        logits = torch.zeros(self._model.num_tokens)
        logits[ord(letter)] = float("nan") if letter in "\x01\x03" else 1.0
        return logits


class LetterText:
    """A tokenizer for which each ASCII letter is a token; a conversation is its contents, one after the other."""

    end_tokens = frozenset({END})

    def encode_chat(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[int]:
        return self.encode("".join(content for _, content in plain_turns(messages, tools, "this model")))

    def encode(self, text: str) -> list[int]:
        return list(text.encode("ascii"))

    def token_bytes(self, token: int) -> bytes:
        return bytes([token])

    def new_response(self, tools: Sequence[Tool] = ()) -> "LetterResponse":
        return LetterResponse()


class LetterResponse:
    """Holds white space back until a letter follows, as the real one does."""

    drops_token_at_limit = False
    tool_calls: Sequence[ToolCall] = ()

    def __init__(self) -> None:
        self._held = ""

    def add(self, token: int) -> str:
        self._held += chr(token)
        if not self._held.strip():
            return ""
        text, self._held = self._held, ""
        return text

    def finish(self) -> str:
        return ""


class RoleLetters:
    """ChatGLM3's tokenizer with a token for each ASCII letter, and marks above them."""

    eos_token_id = END
    marks = ("[gMASK]", "sop", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")

    def encode_text(self, text: str) -> list[int]:
        return list(text.encode("ascii"))

    def decode_text(self, ids: list[int]) -> str:
        return "".join(chr(index) if index < 128 else self.marks[index - 128] for index in ids)

    def token_bytes(self, token: int) -> bytes:
        return bytes([token])

    def num_unfinished(self, text: str) -> int:
        return 0

    def convert_tokens_to_ids(self, tokens: str) -> int:
        return 128 + self.marks.index(tokens)

    def build_single_message(self, role: str, metadata: str, message: str) -> list[int]:
        return [self.convert_tokens_to_ids(f"<|{role}|>"), *self.encode_text(f"{metadata}\n{message}")]

    def build_inputs_with_special_tokens(self, token_ids_0: list[int]) -> list[int]:
        return [128, 129, *token_ids_0]


@dataclass
class ServedFake:
    """A running server on a scripted model."""

    url: str
    port: int
    model: ScriptedModel
    engine: EngineThread
    http: HttpServer

    @property
    def num_running(self) -> int:
        assert self.engine.loaded is not None
        return self.engine.loaded.engine.num_running


@asynccontextmanager
async def served(
    model: ScriptedModel,
    *,
    token: str | None = None,
    max_running: int = 4,
    max_open: int = 8,
    max_length: int = 64,
    may_load: threading.Event | None = None,
    drain_time: float = DRAIN_TIME,
    chat: ChatText | None = None,
    max_tokens: int | None = None,
    **patience: float,
) -> AsyncIterator[ServedFake]:
    """Serve `model` on a free port; with `may_load`, it is loaded only after that is set.

    `patience` is how long the engine's thread waits for what.
    """

    def load() -> LoadedModel:
        assert may_load is None or may_load.wait(DEADLINE)
        return LoadedModel(Engine(model, max_running, max_tokens), chat or LetterText(), max_length, Sampling())

    engine = EngineThread(load, max_open, **patience)
    app = build_app(engine, MODEL_NAME, SecretStr(token) if token else None)
    server = build_http_server(app, engine, drain_time)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    engine.start()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_http(server, engine, listener))
        if may_load is None:
            await until(lambda: engine.loaded is not None)
        try:
            yield ServedFake(f"http://127.0.0.1:{port}", port, model, engine, server)
        finally:
            server.should_exit = server.force_exit = True
            await engine.stop(DEADLINE)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds; fail after a deadline."""
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.005)
