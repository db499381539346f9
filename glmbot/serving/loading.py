"""Loads a checkpoint and makes the engine for it."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, Field, ValidationError

from glmbot.errors import CheckpointError, ConfigError
from glmbot.serving.chat_format import ResponseStream, encode_chat
from glmbot.serving.engine.decoder import ChatGLMDecoder
from glmbot.serving.engine.detokenizer import Detokenizer
from glmbot.serving.engine.engine import Engine
from glmbot.serving.engine.sampler import TokenSampler
from glmbot.serving.engine.sequence import Sampling
from glmbot.serving.loaded_model import LoadedModel
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from glmbot.serving.weights import load_model, load_tokenizer

logger = logging.getLogger(__name__)

MAX_FLOAT32_BYTES = 1_000_000_000


def load(directory: Path, device_name: str, max_running: int) -> LoadedModel:
    """Load a ChatGLM-6B checkpoint. Raises ConfigError or CheckpointError, naming what is wrong."""
    started_at = time.monotonic()
    sampling = default_sampling(directory)
    device = choose_device(device_name)
    dtype = choose_dtype(directory, device)
    tokenizer = load_tokenizer(directory)
    try:
        model = ServedChatGLM(load_model(directory, dtype, device))
    except torch.OutOfMemoryError as error:
        raise ConfigError(f"the model in {str(directory)!r} does not fit into the memory of {str(device)!r}") from error
    chat = ChatGLMText(tokenizer)
    _warm_up(model, chat)
    logger.info("model loaded on %s as %s in %.1f s", device, dtype, time.monotonic() - started_at)
    return LoadedModel(Engine(model, max_running), chat, model.max_length, sampling)


class ServedChatGLM:
    """ChatGLM-6B as the engine sees it."""

    def __init__(self, model: ChatGLMForConditionalGeneration) -> None:
        self._model = model
        self.max_length = int(model.config.max_sequence_length)
        self.end_tokens = frozenset({int(model.config.eos_token_id)})

    def new_decoder(self) -> ChatGLMDecoder:
        """Begin a sequence with an empty cache."""
        return ChatGLMDecoder(self._model)

    def new_sampler(self, sampling: Sampling) -> TokenSampler:
        """Begin the random choices of one sequence."""
        return TokenSampler(sampling)


class ChatGLMText:
    """ChatGLM-6B's tokenizer and chat format."""

    def __init__(self, tokenizer: ChatGLMTokenizer) -> None:
        self._tokenizer = tokenizer

    def encode_chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Return the prompt for a conversation. Raises ValueError, with a reason, for one that has no prompt."""
        return encode_chat(self._tokenizer, [(message["role"], message["content"]) for message in messages])

    def encode(self, text: str) -> list[int]:
        """Return the prompt for bare text."""
        return self._tokenizer.build_inputs_with_special_tokens(self._tokenizer.encode_text(text))

    def new_response(self) -> "ChatGLMResponse":
        """Begin an answer."""
        return ChatGLMResponse(self._tokenizer)


class ChatGLMResponse:
    """The tokens of one answer as tidied text."""

    def __init__(self, tokenizer: ChatGLMTokenizer) -> None:
        self._detokenizer = Detokenizer(tokenizer)
        self._stream = ResponseStream()

    def add(self, token: int) -> str:
        """Take one token; return the text that is certain by now."""
        return self._stream.add(self._detokenizer.add(token))

    def finish(self) -> str:
        """Return the text that was still held back."""
        return self._stream.add(self._detokenizer.finish()) + self._stream.finish()


class _GenerationConfig(BaseModel):
    """generation_config.json, as transformers writes it; the defaults are ChatGLM-6B's published ones."""

    do_sample: bool = True
    temperature: float = Field(0.95, ge=0)
    top_p: float = Field(0.7, gt=0, le=1)
    top_k: int = Field(50, ge=0)


def default_sampling(directory: Path) -> Sampling:
    """Return how the checkpoint wants to be sampled unless a request says otherwise."""
    path = directory / "generation_config.json"
    try:
        config = _GenerationConfig.model_validate_json(path.read_bytes()) if path.is_file() else _GenerationConfig()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise CheckpointError(f"{str(path)!r}: {field}: {first['msg']}; mend it or delete the file") from error
    return Sampling(config.temperature if config.do_sample else 0.0, config.top_p, config.top_k)


def choose_device(name: str) -> torch.device:
    """Return the device to compute on; "auto" takes the first GPU there is."""
    num_gpus = torch.cuda.device_count()
    if name == "auto":
        return torch.device("cuda" if num_gpus else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"device {name!r} is unknown; use auto, cpu, cuda or cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"device {name!r} is not supported; use auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= num_gpus:
        raise ConfigError(f"device {name!r}: torch sees {num_gpus} GPUs on this machine; use auto or cpu")
    return device


def choose_dtype(directory: Path, device: torch.device) -> torch.dtype:
    """Return the precision to compute in.

    GPUs: float16, as published. CPUs: float32 while that stays small, since it is exact and the fastest there; beyond
    that bfloat16, which halves memory and reading time and, unlike float16, has float32's range.
    """
    if device.type == "cuda":
        return torch.float16
    num_bytes = sum(path.stat().st_size for pattern in ("*.safetensors", "*.bin") for path in directory.glob(pattern))
    return torch.float32 if 2 * num_bytes < MAX_FLOAT32_BYTES else torch.bfloat16  # files hold two bytes a number


def _warm_up(model: ServedChatGLM, chat: ChatGLMText) -> None:
    """Run the model once: torch sets up much at the first pass, and no sender should wait for that."""
    with torch.inference_mode():
        decoder = model.new_decoder()
        decoder.decode(int(decoder.prefill(chat.encode("你好")).argmax()))
