"""Forward passes, greedy decoding, prefixes and quantised weights."""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from fidelity_checks.report import (
    CPU,
    HIDDEN_TOLERANCE,
    LOGIT_TOLERANCE,
    PROBABILITY_TOLERANCE,
    Report,
    equal,
    read_json,
)
from glmbot.serving.loading.precision import KvPrecision
from glmbot.serving.loading.served_model import ServedModel
from glmbot.serving.loading.weights import load_config, load_model
from glmbot.serving.models.attention import SelfAttention, View
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.positions import prompt_mask
from glmbot.serving.models.registry import ChatGLMNetwork


def check_model(report: Report, directory: Path) -> None:
    """Run the cases of a model directory."""
    model: ChatGLMNetwork | None = None
    with report.case(f"{directory.name}/load"):
        model = load_case_model(directory)
    if model is None:
        return
    tensors = load_file(directory / "cases.safetensors")
    for name, facts in read_json(directory / "cases.json").items():
        fields = {key.removeprefix(f"{name}/"): value for key, value in tensors.items() if key.startswith(f"{name}/")}
        with report.case(f"{directory.name}/{name}"), torch.inference_mode():
            check_case(report, model, facts, fields)


def load_case_model(directory: Path) -> ChatGLMNetwork:
    """Load a model directory in float32; builds the embeddings that are given as a formula."""
    load_config(directory)
    if not (directory / "embedding_formula.json").is_file():
        return load_model(directory, torch.float32, CPU)
    with tempfile.TemporaryDirectory() as built:
        shutil.copy(directory / "config.json", built)
        tensors = load_file(directory / "model_without_embeddings.safetensors") | build_embeddings(directory)
        save_file(tensors, Path(built) / "model.safetensors")
        return load_model(Path(built), torch.float32, CPU)


def build_embeddings(directory: Path) -> dict[str, Tensor]:
    """Build the tensors of embedding_formula.json, checking their sha256."""
    tensors: dict[str, Tensor] = {}
    for name, facts in read_json(directory / "embedding_formula.json").items():
        if name == "formula":
            continue
        tensors[name] = hashed_tensor(facts["shape"], facts["s"])
        digest = hashlib.sha256(tensors[name].numpy().tobytes()).hexdigest()
        equal(f"sha256 of {name}", digest, facts["sha256_of_float16_bytes"])
    return tensors


def hashed_tensor(shape: list[int], seed: int) -> Tensor:
    """Compute the formula of embedding_formula.json; wrapping int64 products have the right low 32 bits."""
    low = 0xFFFFFFFF
    row, column = torch.arange(shape[0])[:, None], torch.arange(shape[1])[None, :]
    x = (row * 2654435761 + column * 2246822519 + seed * 3266489917) & low
    x = ((x ^ (x >> 16)) * 2246822507) & low
    x = ((x ^ (x >> 13)) * 3266489909) & low
    x = x ^ (x >> 16)
    return (((x >> 21) - 1024).double() / 1024).half()


def check_case(report: Report, model: ChatGLMNetwork, facts: Mapping[str, Any], fields: Mapping[str, Tensor]) -> None:
    """Compare everything that a case has reference values for."""
    input_ids = fields["input_ids"]
    keys = ("attention_mask", "position_ids") if facts["mask_position_ids_given"] else ()
    given = {key: fields[key] for key in keys if key in fields}
    if not given and "position_ids" in fields and isinstance(model, ChatGLMForConditionalGeneration):
        check_derived(model, fields)
    probabilities, hooks = collect_attention(model) if "attention_probs" in fields else ([], [])
    out = model(input_ids, **given, use_cache=True, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    check_outputs(report, model, out, fields)
    if probabilities:
        reference = fields["attention_probs"]
        ours = torch.stack(probabilities)  # (layers, B, H, T, S); a single row's batch dimension is not stored
        ours = ours if ours.dim() == reference.dim() else ours[:, 0]
        report.compare("attention", "attention_probs", ours, reference, PROBABILITY_TOLERANCE)
    if "greedy_new_tokens" in fields:
        check_greedy(report, model, given, fields)
        if not given:
            check_engine_decoder(model, fields)
    if "eos_test_new_tokens" in fields:
        stop = facts["eos_test_eos_token_id"]
        length = fields["greedy_new_tokens"].shape[1]
        new = generate(model, input_ids, given, length, eos_token_id=stop).sequences[:, input_ids.shape[1] :]
        equal("tokens up to the stop token", new.tolist(), fields["eos_test_new_tokens"].tolist())


def check_derived(model: ChatGLMForConditionalGeneration, fields: Mapping[str, Tensor]) -> None:
    """Compare the positions and the mask that the model derives from the ids."""
    input_ids = fields["input_ids"]
    equal("positions", model.transformer.prompt_positions(input_ids).tolist(), fields["position_ids"].tolist())
    if "attention_mask" in fields:
        equal("mask", prompt_mask(input_ids, model.config.bos_token_id).tolist(), fields["attention_mask"].tolist())


def check_outputs(report: Report, model: ChatGLMNetwork, out: Any, fields: Mapping[str, Tensor]) -> None:
    """Compare logits, hidden states and the cache, in all the shortened forms that cases have."""
    hidden, last = torch.stack(out.hidden_states), out.logits[:, -1]
    layers = out.past_key_values.layers
    for name, reference in fields.items():
        if name == "logits":
            report.compare("logit", name, out.logits, reference, LOGIT_TOLERANCE)
        elif found := re.fullmatch(r"logits_last(\d+)", name):
            report.compare("logit", name, out.logits[:, -int(found[1]) :], reference, LOGIT_TOLERANCE)
        elif found := re.fullmatch(r"last_logits_first(\d+)", name):
            report.compare("logit", name, last[:, : int(found[1])], reference, LOGIT_TOLERANCE)
        elif name == "last_logits_top32_ids":
            values = fields["last_logits_top32_values"]
            report.compare("logit", name, last.gather(1, reference), values, LOGIT_TOLERANCE)
            report.compare("logit", name, last.topk(values.shape[1]).values, values, LOGIT_TOLERANCE)
        elif name == "last_logits_mean_std":
            ours = torch.stack((last.mean(dim=1), last.std(dim=1)), dim=1)
            report.compare("logit", name, ours, reference, LOGIT_TOLERANCE)
        elif name == "final_hidden_state":
            final = model.transformer.encoder.final_layernorm(out.hidden_states[-1])
            report.compare("hidden", name, final, reference, HIDDEN_TOLERANCE)
        elif name == "hidden_states":
            report.compare("hidden", name, hidden, reference, HIDDEN_TOLERANCE)
        elif found := re.fullmatch(r"hidden_states_last(\d+)", name):
            report.compare("hidden", name, hidden[:, :, -int(found[1]) :], reference, HIDDEN_TOLERANCE)
        elif name == "hidden_states_last_position":
            report.compare("hidden", name, hidden[:, :, -1], reference, HIDDEN_TOLERANCE)
        elif name == "past_key":
            report.compare("cache", name, torch.stack([layer.keys for layer in layers]), reference, HIDDEN_TOLERANCE)
        elif name == "past_value":
            report.compare("cache", name, torch.stack([layer.values for layer in layers]), reference, HIDDEN_TOLERANCE)


def collect_attention(model: ChatGLMForConditionalGeneration) -> tuple[list[Tensor], list[Any]]:
    """Have each layer's attention probabilities, (B, H, T, S), computed the long way beside the fused kernel."""
    found: list[Tensor] = []

    def collect(module: SelfAttention, args: tuple[Any, ...], _: object) -> None:
        x, tables, view, cache = args
        query, _key, _value = module.project(x, tables)
        found.append(attention_probabilities(query, cache.layers[module.layer].keys, view))

    hooks = [part.register_forward_hook(collect) for part in model.modules() if isinstance(part, SelfAttention)]
    return found, hooks


def attention_probabilities(query: Tensor, key: Tensor, view: View | None) -> Tensor:
    """Return (B, H, T, S) from (B, H, T, D) and (B, H, S, D)."""
    scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
    if view is not None:
        scores = scores.masked_fill(~view.is_open, -torch.inf).masked_fill(view.is_blind, 0)
    return torch.softmax(scores, dim=-1)


def generate(model: ChatGLMNetwork, input_ids: Tensor, given: Mapping[str, Tensor], length: int, **options: Any) -> Any:
    """Run transformers' generate(), taking the likeliest token each time."""
    return model.generate(
        input_ids,
        **given,
        **options,
        do_sample=False,
        max_new_tokens=length,
        return_dict_in_generate=True,
        output_logits=True,
    )


def check_greedy(
    report: Report,
    model: ChatGLMNetwork,
    given: Mapping[str, Tensor],
    fields: Mapping[str, Tensor],
) -> None:
    """Compare greedy decoding, with the cache and recomputing everything each time."""
    input_ids, reference = fields["input_ids"], fields["greedy_new_tokens"]
    for use_cache in (True, False):
        out = generate(model, input_ids, given, reference.shape[1], use_cache=use_cache)
        way = "with" if use_cache else "without"
        equal(f"greedy tokens {way} cache", out.sequences[:, input_ids.shape[1] :].tolist(), reference.tolist())
        if "greedy_step_logits" in fields:
            ours = torch.stack(out.logits, dim=1)
            report.compare("logit", f"greedy logits {way} cache", ours, fields["greedy_step_logits"], LOGIT_TOLERANCE)


def check_engine_decoder(model: ChatGLMNetwork, fields: Mapping[str, Tensor]) -> None:
    """Compare the tokens that the server's own decoder gives, row by row."""
    for prompt, reference in zip(fields["input_ids"].tolist(), fields["greedy_new_tokens"].tolist(), strict=True):
        equal("greedy tokens of the engine", engine_tokens(model, prompt, len(reference)), reference)


def engine_tokens(
    model: ChatGLMNetwork, prompt: list[int], length: int, ends: frozenset[int] = frozenset()
) -> list[int]:
    """Decode greedily as the server does, up to `length` tokens or an end mark."""
    decoder = ServedModel(model, ends, len(prompt) + length, KvPrecision.FULL).new_decoder()
    tokens = [int(decoder.prefill(prompt).argmax())]
    while len(tokens) < length and tokens[-1] not in ends:
        tokens.append(int(decoder.decode(tokens[-1]).argmax()))
    return tokens
