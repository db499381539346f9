"""Measures how far each precision turns the answers away from float32.

python benchmarks/distance.py [FIXTURES] [--demo] [--num-cases N] [--json]

FIXTURES holds the model directories. Every conversation or case is decoded greedily in float32; the other precisions
are given the same tokens, and at each step their logits are compared (mean and least cosine) and their likeliest
token (agreement). fp16 and bf16 keep weights so and compute in float32, as the server does on CPUs; run-fp16 and
run-bf16 compute in them too. With --demo the demo model answers N questions of its examination in each precision.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from glmbot.demo.cases import CASES_PATH, read_cases
from glmbot.demo.decoding import Checkpoint
from glmbot.demo.evaluate import play
from glmbot.demo.writing import CHECKPOINT
from glmbot.serving.engine.decoder import CausalDecoder, ChatGLMDecoder
from glmbot.serving.loading.precision import KvPrecision, Precision
from glmbot.serving.loading.weights import load_model, load_tokenizer
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.registry import ChatGLMNetwork

FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures" / "chatglm"
NAMES = ("v1_28layers", "v1_e2e", "v2_e2e", "v3_e2e")
CPU = torch.device("cpu")
NUM_STEPS = 32
MODES: dict[str, tuple[Precision | torch.dtype, KvPrecision]] = {
    "fp32": (Precision.FP32, KvPrecision.FULL),
    "fp16": (Precision.FP16, KvPrecision.FULL),
    "bf16": (Precision.BF16, KvPrecision.FULL),
    "int8": (Precision.INT8, KvPrecision.FULL),
    "int4": (Precision.INT4, KvPrecision.FULL),
    "fp32-kv8": (Precision.FP32, KvPrecision.INT8),
    "bf16-kv8": (Precision.BF16, KvPrecision.INT8),
    "int8-kv8": (Precision.INT8, KvPrecision.INT8),
    "int4-kv8": (Precision.INT4, KvPrecision.INT8),
    "run-fp16": (torch.float16, KvPrecision.FULL),
    "run-bf16": (torch.bfloat16, KvPrecision.FULL),
}


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fixtures", type=Path, nargs="?", default=FIXTURES)
    parser.add_argument("--demo", action="store_true", help="let the demo model answer too")
    parser.add_argument("--num-cases", type=int, default=40)
    parser.add_argument("--json", action="store_true", help="print one flat JSON object")
    options = parser.parse_args()
    figures = dict(_distances(options.fixtures))
    if options.demo:
        figures |= dict(_scores(options.num_cases))
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:32} {value:.6f}" for name, value in figures.items()))


def _distances(fixtures: Path) -> Iterator[tuple[str, float]]:
    for directory in (fixtures / name for name in NAMES if (fixtures / name).is_dir()):
        name = directory.name
        prompts = list(_prompts(directory))
        exact = load_model(directory, Precision.FP32, CPU)
        paths = [(prompt, *_greedy(exact, prompt)) for prompt in prompts]
        for mode, (precision, kv) in MODES.items():
            model = load_model(directory, precision, CPU)
            ours = torch.cat([_follow(model, kv, prompt, tokens) for prompt, tokens, _ in paths])
            theirs = torch.cat([logits for _, _, logits in paths])
            cosines = torch.cosine_similarity(ours.double(), theirs.double(), dim=1)
            yield f"{name}.{mode}.cosine", round(float(cosines.mean()), 6)
            yield f"{name}.{mode}.least_cosine", round(float(cosines.min()), 6)
            yield f"{name}.{mode}.agreement", round(float((ours.argmax(1) == theirs.argmax(1)).float().mean()), 4)


def _prompts(directory: Path) -> Iterator[list[int]]:
    """Yield the prompts of a directory's conversations, or of its unpadded cases."""
    if (directory / "chat.json").is_file():
        for chat in json.loads((directory / "chat.json").read_text(encoding="utf-8")):
            yield chat["input_ids"]
        return
    for name, tensor in load_file(directory / "cases.safetensors").items():
        if name.endswith("/input_ids") and len(tensor) == 1:
            yield tensor[0].tolist()


@torch.inference_mode()
def _greedy(model: ChatGLMNetwork, prompt: list[int]) -> tuple[list[int], Tensor]:
    """Return the likeliest tokens, and the logits (N, V) that chose them."""
    decoder = _decoder(model, KvPrecision.FULL)
    logits, tokens = [decoder.prefill(prompt)], []
    for _ in range(NUM_STEPS):
        tokens.append(int(logits[-1].argmax()))
        logits.append(decoder.decode(tokens[-1]))
    return tokens, torch.stack(logits)


@torch.inference_mode()
def _follow(model: ChatGLMNetwork, kv: KvPrecision, prompt: list[int], tokens: list[int]) -> Tensor:
    """Return the logits (N, V) along given tokens."""
    decoder = _decoder(model, kv)
    return torch.stack([decoder.prefill(prompt), *map(decoder.decode, tokens)])


def _decoder(model: ChatGLMNetwork, kv: KvPrecision) -> ChatGLMDecoder | CausalDecoder:
    is_first = isinstance(model, ChatGLMForConditionalGeneration)
    return ChatGLMDecoder(model, kv) if is_first else CausalDecoder(model, kv)


def _scores(num_cases: int) -> Iterator[tuple[str, float]]:
    """Yield the demo model's share of right answers; keys and values as computed."""
    cases = read_cases(CASES_PATH)
    cases = cases[:: max(1, len(cases) // num_cases)][:num_cases]
    for precision in Precision:
        model = load_model(CHECKPOINT, precision, CPU)
        assert isinstance(model, ChatGLMForConditionalGeneration)
        checkpoint = Checkpoint(model, load_tokenizer(CHECKPOINT))
        yield f"demo.{precision.value}.score", sum(play(checkpoint, case).is_right for case in cases) / len(cases)


if __name__ == "__main__":
    main()
