"""Greedy answers of the published implementation, for each small checkpoint that they were computed with."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fidelity_checks.networks import load_case_model
from safetensors.torch import load_file
from torch import Tensor
from transformers import PreTrainedModel

from glmbot.serving.engine.sequence import Request, Sampling
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.loading.weights import load_config
from glmbot.serving.models.config import ChatGLMConfig
from tests.serving.conftest import GOLDEN, SHARED

NAMES = [
    *("v1_tiny", "v1_tiny_sharded_bin", "v1_28layers", "v1_true_vocab", "v1_position_1d", "v1_e2e"),
    *("v1_ptuning", "v1_ptuning_projection", "v1_int8", "v1_int4"),
    *("v2_tiny", "v2_e2e", "v2_ptuning", "v2_ptuning_projection", "v2_int8", "v2_int4"),
    *("v3_tiny", "v3_e2e", "v3_int4"),
]
SAME_WEIGHTS = {"v1_tiny_sharded_bin": "v1_tiny"}
"""Whose answers are those of a checkpoint that has none of its own."""
GREEDY = Sampling(temperature=0.0)
MAX_LENGTH = 640
NUM_ASKED, MAX_ANSWER, MAX_PROMPT = 4, 10, 210
"""How many questions, and of how many tokens: enough for all that may happen beside one of them."""


@dataclass(frozen=True)
class Answered:
    """A prompt, and the tokens that follow it where somebody has published them, without the end mark."""

    prompt: list[int]
    answer: list[int] | None
    num_tokens: int = MAX_ANSWER

    def request(self, sampling: Sampling = GREEDY) -> Request:
        """Ask for as many tokens as were published."""
        return Request(self.prompt, self.num_tokens, sampling)


@dataclass(frozen=True)
class Checkpoint:
    """A network with questions of unequal length; `turns` are those of one conversation, in order."""

    network: PreTrainedModel
    end_tokens: frozenset[int]
    asked: list[Answered]
    turns: list[Answered]

    def served(self, kv: KvPrecision = KvPrecision.FULL, max_kept_bytes: int = 0) -> ServedModel:
        """Return the network as it is served."""
        model = ServedModel(self.network, self.end_tokens, MAX_LENGTH, kv, max_kept_bytes)
        model.prepare(self.asked[0].prompt)
        return model


def find(name: str) -> Path:
    """Return where a checkpoint is; skip where it is nowhere."""
    found = next((folder / name for folder in (SHARED, GOLDEN) if (folder / name / "config.json").is_file()), None)
    if found is None:
        pytest.skip(f"the checkpoint {name} is neither in ../shared/fixtures/chatglm nor in tests/golden/chatglm")
    return found


def read(name: str) -> Checkpoint:
    """Load a checkpoint in float32, with some questions to it."""
    directory = find(name)
    source = find(SAME_WEIGHTS.get(name, name))
    asked = [*_from_cases(source), *_from_conversations(source)]
    ends = _ends(source)
    return Checkpoint(load_case_model(directory), ends, _spread(asked), list(_turns(source, ends)))


def _spread(asked: Sequence[Answered]) -> list[Answered]:
    """Return a few of all lengths, the shortest first."""
    each = sorted(asked, key=lambda one: len(one.prompt))
    last = len(each) - 1
    places = sorted({round(last * place / (NUM_ASKED - 1)) for place in range(NUM_ASKED)})
    return [each[place] for place in places]


def _from_cases(directory: Path) -> Iterator[Answered]:
    """Read the cases of cases.safetensors, one row at a time and without its padding.

    Rows with both [MASK] and [gMASK] for which positions were given are another prompt to the model's own rule.
    """
    path = directory / "cases.safetensors"
    tensors = load_file(path) if path.is_file() else {}
    for name, facts in (json.loads((directory / "cases.json").read_text("utf-8")) if tensors else {}).items():
        rows, answers = tensors[f"{name}/input_ids"], tensors.get(f"{name}/greedy_new_tokens")
        is_given = facts["mask_position_ids_given"]
        mask = tensors[f"{name}/attention_mask"] if is_given else None
        for number, row in enumerate(rows):
            prompt = row[_is_real(mask[number])].tolist() if mask is not None else row.tolist()
            if len(prompt) > MAX_PROMPT or (is_given and _has_both_masks(directory, prompt)):
                continue
            answer = None if answers is None else answers[number].tolist()[:MAX_ANSWER]
            yield Answered(prompt, answer)


def _is_real(mask: Tensor) -> Tensor:
    """Return which columns of one row are no padding: ChatGLM-6B's (1, S, S) says what is hidden, others' (S) what
    is not."""
    return ~mask[0, -1] if mask.dim() == 3 else mask.bool()


def _has_both_masks(directory: Path, prompt: Sequence[int]) -> bool:
    config = load_config(directory)
    return isinstance(config, ChatGLMConfig) and {config.mask_token_id, config.gmask_token_id} <= set(prompt)


def _from_conversations(directory: Path) -> Iterator[Answered]:
    for chat in _read_json(directory / "chat.json"):
        output: list[int] = chat["output_ids"]
        answer = output[:-1] if chat["ends_with_eos"] else output
        yield Answered(chat["input_ids"], answer[:MAX_ANSWER])


def _ends(directory: Path) -> frozenset[int]:
    chats = _read_json(directory / "chat.json")
    return frozenset(chat["output_ids"][-1] for chat in chats if chat["ends_with_eos"])


def _turns(directory: Path, ends: frozenset[int]) -> Iterator[Answered]:
    """Read a conversation that the reference went on with from its cache, which lacks each answer's last token."""
    before: list[int] = []
    for turn in _read_json(directory / "multi_turn_with_cache.json"):
        prompt, output = [*before, *turn["turn_input_ids"]], turn["output_ids"]
        assert len(prompt) == turn["past_length_before"] + len(turn["turn_input_ids"])
        yield Answered(prompt, output[:-1] if output[-1] in ends else output, len(output))
        before = [*prompt, *output[:-1]]


def _read_json(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.is_file() else []
    return found
