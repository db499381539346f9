"""Greedy answers of a checkpoint, computed the plain way: the whole prompt at once, then token by token."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from glmbot.demo.corpus import Dialogue
from glmbot.demo.grammar import Exchange
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.registry import register
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer

_MAX_NEW_TOKENS = 96


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded model and its tokenizer."""

    model: ChatGLMForConditionalGeneration
    tokenizer: ChatGLMTokenizer


def load(directory: Path) -> Checkpoint:
    """Load a checkpoint directory in float32, as any ChatGLM-6B directory is loaded."""
    register()
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    model.train(False)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert isinstance(tokenizer, ChatGLMTokenizer), tokenizer
    return Checkpoint(model, tokenizer)


@torch.inference_mode()
def answer(checkpoint: Checkpoint, turns: Sequence[tuple[str, str]], question: str, system: str | None = None) -> str:
    """Answer a question that follows on the turns (question, answer), taking the likeliest token each time."""
    earlier = [Exchange("", "en", *turn) for turn in turns]
    prompt = Dialogue(system, (*earlier, Exchange("", "en", question, ""))).prompt
    ids = checkpoint.tokenizer.build_inputs_with_special_tokens(checkpoint.tokenizer.encode_text(prompt))
    return checkpoint.tokenizer.decode_text(_continue(checkpoint.model, ids)).strip()


def _continue(model: ChatGLMForConditionalGeneration, ids: list[int]) -> list[int]:
    tokens = torch.tensor([ids])
    positions = model.transformer.prompt_positions(tokens)
    output = model(tokens, positions, use_cache=True, logits_to_keep=1)
    new: list[int] = []
    while len(new) < _MAX_NEW_TOKENS:
        token = int(output.logits[0, -1].argmax())
        if token == model.config.eos_token_id:
            break
        new.append(token)
        positions = _next(positions)
        output = model(torch.tensor([[token]]), positions, past_key_values=output.past_key_values, use_cache=True)
    return new


def _next(positions: Tensor) -> Tensor:
    """Return the positions after the last ones: row 0 stays at [gMASK], row 1 counts on.  (1, 2, T) -> (1, 2, 1)."""
    last = positions[:, :, -1:].clone()
    last[:, 1] += 1
    return last
