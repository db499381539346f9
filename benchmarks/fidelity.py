"""Compares our port of ChatGLM-6B with reference values of the published implementation.

python benchmarks/fidelity.py DIRECTORY [--only v1] [--tokenizers DIRECTORY] [--json]

DIRECTORY holds model directories and text vectors, or is one of them (its README.md tells the format). With --json
the last line is one flat JSON object. Exit code 1 if a case failed. A kind of model that is not there yet is
reported as unsupported, and what could not be run as skipped; neither counts as passed.
"""

import argparse
import hashlib
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from glmbot.errors import CheckpointError
from glmbot.serving.chat_format import ResponseStream, build_prompt, process_response
from glmbot.serving.engine.decoder import ChatGLMDecoder
from glmbot.serving.engine.detokenizer import Detokenizer
from glmbot.serving.engine.sampler import candidates, replace_invalid
from glmbot.serving.engine.sequence import Sampling
from glmbot.serving.models.attention import SelfAttention, View
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.positions import prompt_mask
from glmbot.serving.models.rotary import inverse_frequencies, rotary_tables
from glmbot.serving.tokenizers.chatglm import ChatGLMTokenizer
from glmbot.serving.weights import load_config, load_model, load_tokenizer

ROOT = Path(__file__).parent.parent
LOGIT_TOLERANCE = 1e-4
HIDDEN_TOLERANCE = 1e-4
PROBABILITY_TOLERANCE = 1e-5
TABLE_TOLERANCE = 1e-6
"""Cosines and sines, and sampling probabilities: the same operations in the same precision, up to the last bit."""
CPU = torch.device("cpu")
VOCABULARY_SHA256 = "5e974d9a69c242ce014c88c2b26089270f6198f3c0b700a887666cd3e816f17e"


class DifferenceError(Exception):
    """A case does not agree with the reference; says in what."""


@dataclass
class Report:
    """What was compared, and how it went."""

    verbose: bool
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=lambda: {"logit": 0.0, "hidden": 0.0})

    @contextmanager
    def case(self, name: str) -> Iterator[None]:
        """Count what the body compares as one case."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  whatever goes wrong is this case's failure
            self.failed.append(name)
            self.say(f"FAILED       {name}: {type(error).__name__}: {error}")
        else:
            self.passed.append(name)

    def say(self, line: str) -> None:
        """Tell about something as it happens."""
        if self.verbose:
            print(line, flush=True)

    def skip(self, name: str, reason: str) -> None:
        """Note what could not be run."""
        self.skipped.append(name)
        self.say(f"skipped      {name}: {reason}")

    def refuse(self, name: str, reason: object) -> None:
        """Note a kind of model that is not there yet."""
        self.unsupported.append(name)
        self.say(f"unsupported  {name}: {reason}")

    def compare(self, kind: str, what: str, ours: Tensor, reference: Tensor, tolerance: float) -> None:
        """Raise unless two tensors agree, and remember how far apart they were."""
        if ours.shape != reference.shape:
            raise DifferenceError(f"{what}: shape {list(ours.shape)}, not {list(reference.shape)}")
        difference = (ours.double() - reference.double()).abs().max().item() if ours.numel() else 0.0
        self.worst[kind] = max(self.worst.get(kind, 0.0), difference)
        if not difference <= tolerance:
            raise DifferenceError(f"{what}: off by {difference:.2e}, allowed {tolerance:.0e}")


def equal(what: str, ours: object, reference: object) -> None:
    """Raise unless two values are the same."""
    if ours != reference:
        raise DifferenceError(f"{what}: {str(ours)[:120]!r}, not {str(reference)[:120]!r}")


# -- forward passes and greedy decoding ---------------------------------------------------------------------------


def check_model(report: Report, directory: Path) -> None:
    """Run the cases of a model directory."""
    try:
        model = load_case_model(directory)
    except CheckpointError as error:
        if _is_planned(directory):
            report.refuse(directory.name, error)
        else:
            with report.case(directory.name):
                raise
        return
    tensors = load_file(directory / "cases.safetensors")
    for name, facts in read_json(directory / "cases.json").items():
        fields = {key.removeprefix(f"{name}/"): value for key, value in tensors.items() if key.startswith(f"{name}/")}
        with report.case(f"{directory.name}/{name}"), torch.inference_mode():
            check_case(report, model, facts, fields)


def _is_planned(directory: Path) -> bool:
    """Tell whether config.json is of a kind that we know of and do not run yet."""
    config = read_json(directory / "config.json")
    return any(config.get(key) for key in ("quantization_bit", "pre_seq_len", "padded_vocab_size"))


def load_case_model(directory: Path) -> ChatGLMForConditionalGeneration:
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


def check_case(
    report: Report, model: ChatGLMForConditionalGeneration, facts: Mapping[str, Any], fields: Mapping[str, Tensor]
) -> None:
    """Compare everything that a case has reference values for."""
    input_ids = fields["input_ids"]
    given = {key: fields[key] for key in ("attention_mask", "position_ids")} if facts["mask_position_ids_given"] else {}
    if not given and "position_ids" in fields:
        check_derived(model, fields)
    probabilities, hooks = collect_attention(model) if "attention_probs" in fields else ([], [])
    out = model(input_ids, **given, use_cache=True, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    check_outputs(report, out, fields)
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


def check_outputs(report: Report, out: Any, fields: Mapping[str, Tensor]) -> None:
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
        x, tables, view = args[0], args[1], args[2]
        query, key, _value = module.project(x, tables)
        found.append(attention_probabilities(query, key, view))

    hooks = [part.register_forward_hook(collect) for part in model.modules() if isinstance(part, SelfAttention)]
    return found, hooks


def attention_probabilities(query: Tensor, key: Tensor, view: View | None) -> Tensor:
    """Return (B, H, T, S) from (B, H, T, D) and (B, H, S, D)."""
    scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
    if view is not None:
        scores = scores.masked_fill(~view.is_open, -torch.inf).masked_fill(view.is_blind, 0)
    return torch.softmax(scores, dim=-1)


def generate(
    model: ChatGLMForConditionalGeneration, input_ids: Tensor, given: Mapping[str, Tensor], length: int, **options: Any
) -> Any:
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
    model: ChatGLMForConditionalGeneration,
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


def check_engine_decoder(model: ChatGLMForConditionalGeneration, fields: Mapping[str, Tensor]) -> None:
    """Compare the tokens that the server's own decoder gives, row by row."""
    for prompt, reference in zip(fields["input_ids"].tolist(), fields["greedy_new_tokens"].tolist(), strict=True):
        equal("greedy tokens of the engine", engine_tokens(model, prompt, len(reference)), reference)


def engine_tokens(model: ChatGLMForConditionalGeneration, prompt: list[int], length: int) -> list[int]:
    """Decode greedily as the server does, up to `length` tokens or the end mark."""
    decoder = ChatGLMDecoder(model)
    tokens = [int(decoder.prefill(prompt).argmax())]
    while len(tokens) < length and tokens[-1] != model.config.eos_token_id:
        tokens.append(int(decoder.decode(tokens[-1]).argmax()))
    return tokens


# -- whole conversations ------------------------------------------------------------------------------------------


def check_chat(report: Report, directory: Path) -> None:
    """Play the conversations of chat.json: prompt, ids, greedy answer, tidied text whole and streamed."""
    if _is_planned(directory):
        return report.refuse(directory.name, "later generation")
    model, tokenizer = load_model(directory, torch.float32, CPU), load_tokenizer(directory)
    for index, chat in enumerate(read_json(directory / "chat.json")):
        with report.case(f"{directory.name}/chat[{index}]"), torch.inference_mode():
            check_conversation(model, tokenizer, chat)
    return None


def check_conversation(
    model: ChatGLMForConditionalGeneration, tokenizer: ChatGLMTokenizer, chat: Mapping[str, Any]
) -> None:
    """Compare one conversation."""
    history = [(question, answer) for question, answer in chat["history"]]
    prompt = build_prompt(chat["query"], history)
    equal("prompt", prompt, chat["prompt"])
    input_ids = tokenizer(prompt)["input_ids"]
    equal("input_ids", input_ids, chat["input_ids"])
    output = engine_tokens(model, input_ids, chat["max_length"] - len(input_ids))
    equal("output_ids", output, chat["output_ids"])
    equal("end", output[-1] == model.config.eos_token_id, chat["ends_with_eos"])
    response = process_response(old_decode(tokenizer, output))
    equal("response", response, chat["response"])
    equal("history", [*map(list, history), [chat["query"], response]], chat["new_history"])
    check_streams(tokenizer, output, chat["stream_responses"])


def check_streams(tokenizer: ChatGLMTokenizer, output: list[int], published: list[str]) -> None:
    """Compare the stream: ours only appends, and joined it is the whole answer; theirs are whole texts, re-tidied."""
    detokenizer, stream = Detokenizer(tokenizer), ResponseStream()
    pieces = [stream.add(detokenizer.add(token)) for token in output]
    ours = "".join(pieces) + stream.add(detokenizer.finish()) + stream.finish()
    equal("streamed answer", ours, process_response(tokenizer.decode_text(output)))
    texts = [process_response(old_decode(tokenizer, output[: end + 1])) for end in range(len(published))]
    equal("streamed texts", texts, published)


def old_decode(tokenizer: ChatGLMTokenizer, ids: list[int]) -> str:
    """Decode as the published code's library did, which also took out spaces before punctuation."""
    return str(tokenizer.decode(ids, clean_up_tokenization_spaces=True))


# -- text, tables, sampling ---------------------------------------------------------------------------------------


def check_tokenizer(report: Report, directory: Path, name: str, tokenizer: ChatGLMTokenizer) -> None:
    """Compare a tokenizer with the vectors of a directory."""
    checks: dict[str, Callable[[ChatGLMTokenizer, Mapping[str, Any]], None]] = {
        "encode_decode": check_text,
        "decode_ids": check_ids,
        "stream_decode": check_prefixes,
        "batch": check_batch,
    }
    for file, check in checks.items():
        for index, vector in enumerate(read_json(directory / f"{file}.json")):
            with report.case(f"{name}/{file}[{index}]"):
                check(tokenizer, vector)
    with report.case(f"{name}/special"):
        check_special(tokenizer, read_json(directory / "special.json"))


def check_text(tokenizer: ChatGLMTokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the ways between a text and its ids."""
    text, ids = vector["text"], vector["ids_no_special"]
    equal("input_ids", tokenizer(text)["input_ids"], vector["input_ids"])
    equal("ids_no_special", tokenizer.encode(text, add_special_tokens=False), ids)
    equal("tokens", tokenizer.tokenize(text), vector["tokens"])
    equal("sp_encode", tokenizer.encode_text(text), vector["sp_encode"])
    check_decode(tokenizer, ids, vector)
    for key, skip in (("decode_with_special", False), ("decode_skip_special", True)):
        ours = tokenizer.decode(vector["input_ids"], skip_special_tokens=skip, clean_up_tokenization_spaces=True)
        equal(key, ours, vector[key])


def check_ids(tokenizer: ChatGLMTokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the text of random ids."""
    equal("tokens", tokenizer.convert_ids_to_tokens(vector["ids"]), vector["tokens"])
    check_decode(tokenizer, vector["ids"], vector)


def check_decode(tokenizer: ChatGLMTokenizer, ids: list[int], vector: Mapping[str, Any]) -> None:
    """Compare the text of ids: whole, with the old library's clean-up, and token by token."""
    equal("decode_no_cleanup", tokenizer.decode(ids), vector["decode_no_cleanup"])
    equal("decode", tokenizer.decode(ids, clean_up_tokenization_spaces=True), vector["decode"])
    detokenizer = Detokenizer(tokenizer)
    pieces = [detokenizer.add(token) for token in ids]
    equal("pieces joined", "".join(pieces) + detokenizer.finish(), vector["decode_no_cleanup"])


def check_prefixes(tokenizer: ChatGLMTokenizer, vector: Mapping[str, Any]) -> None:
    """Compare the text of every prefix of ids."""
    ids = vector["ids"]
    for end, text in enumerate(vector["prefix_decodes"], start=1):
        equal(f"first {end}", tokenizer.decode(ids[:end], clean_up_tokenization_spaces=True), text)


def check_batch(tokenizer: ChatGLMTokenizer, vector: Mapping[str, Any]) -> None:
    """Compare padding, pairs and truncation."""
    options = {key: vector[key] for key in ("padding", "truncation", "max_length") if key in vector}
    reference = vector["input_ids"]
    if "pair" in vector:
        ours = tokenizer(*vector["pair"], **options)
    elif isinstance(reference[0], int):
        ours = tokenizer(vector["texts"][0], **options)
    else:
        ours = tokenizer(vector["texts"], **options)
    equal("keys", sorted(ours.keys()), vector["keys"])
    for key in ("input_ids", "position_ids", "attention_mask"):
        if key in vector:
            equal(key, ours[key], vector[key])


def check_special(tokenizer: ChatGLMTokenizer, vector: Mapping[str, Any]) -> None:
    """Compare sizes and special ids."""
    equal("len", len(tokenizer), vector["len"])
    for name, index in vector["specials"].items():
        equal(name, tokenizer.convert_tokens_to_ids(name), index)
    for key, reference in vector.items():
        if key not in ("len", "specials"):
            equal(key, getattr(tokenizer, key), reference)


def check_formats(report: Report, directory: Path) -> None:
    """Compare prompts, tidied answers, sampling and its defaults."""
    for index, vector in enumerate(read_json(directory / "build_prompt.json")):
        with report.case(f"{directory.name}/build_prompt[{index}]"):
            equal("prompt", build_prompt(vector["query"], vector["history"] or []), vector["prompt"])
    for index, vector in enumerate(read_json(directory / "process_response.json")):
        with report.case(f"{directory.name}/process_response[{index}]"):
            equal("response", process_response(vector["input"]), vector["output"])
    check_sampling(report, directory)


def check_sampling(report: Report, directory: Path) -> None:
    """Compare what may be sampled, with which probability, and the family's defaults."""
    tensors = load_file(directory / "logits_processors.safetensors")
    facts = read_json(directory / "sampling_defaults.json")
    for name in sorted({key.split("/")[1] for key in tensors if key.startswith("invalid/")}):
        with report.case(f"{directory.name}/invalid/{name}"):
            ours = replace_invalid(tensors[f"invalid/{name}/in"])
            equal("scores", ours.tolist(), tensors[f"invalid/{name}/out"].tolist())
    for name, case in facts["warper_cases"].items():
        with report.case(f"{directory.name}/warp/{name}"):
            sampling = Sampling(case["temperature"], case["top_p"], case["top_k"])
            ours = torch.stack([dense(*candidates(row, sampling), len(row)) for row in tensors[f"warp/{name}/in"]])
            reference = tensors[f"warp/{name}/out_probs"]
            report.compare("probability", "probabilities", ours, reference, TABLE_TOLERANCE)
            equal("candidates", (ours > 0).tolist(), tensors[f"warp/{name}/out_scores"].isfinite().tolist())
    with report.case(f"{directory.name}/sampling_defaults"):
        for defaults in facts["signature_defaults"].values():
            equal("sampling", (True, Sampling()), (defaults["do_sample"], reference_sampling(facts, defaults)))


def reference_sampling(facts: Mapping[str, Any], defaults: Mapping[str, Any]) -> Sampling:
    """Return the published defaults; top-k is the library's of the time."""
    return Sampling(defaults["temperature"], defaults["top_p"], facts["warper_cases"]["v1"]["top_k"])


def dense(tokens: Tensor, probabilities: Tensor, size: int) -> Tensor:
    """Return (V,) from the tokens that may come and their probabilities, (K,) and (K,)."""
    return torch.zeros(size).index_put((tokens,), probabilities)


def check_rotary(report: Report, path: Path) -> None:
    """Compare the tables of cosines and sines, of float32 and of float16 runs."""
    tensors = load_file(path)
    for name in sorted({key.split("/")[0] for key in tensors if "/" in key}):
        frequencies = inverse_frequencies(int(name.removeprefix("dim")))
        with report.case(f"{path.stem}/{name}"):
            report.compare("rotary", "inv_freq", frequencies, tensors[f"{name}/inv_freq"].float(), 0.0)
            for run, dtype in (("float", torch.float32), ("half", torch.float16)):
                tables = rotary_tables(tensors["positions"], frequencies, dtype)
                for part, ours in zip(("cos", "sin"), tables, strict=True):
                    key = f"{name}/{run}_{part}"
                    report.compare("rotary", key, ours, tensors[key], TABLE_TOLERANCE if run == "float" else 0.001)


# -- the program --------------------------------------------------------------------------------------------------


def check_directory(report: Report, directory: Path, tokenizers: Path) -> None:
    """Compare whatever a directory holds."""
    report.say(f"running      {directory.name}")
    if (directory / "cases.json").is_file():
        check_model(report, directory)
    if (directory / "chat.json").is_file():
        check_chat(report, directory)
    if (directory / "tokenizer_vectors").is_dir():
        check_tokenizer(
            report, directory / "tokenizer_vectors", f"{directory.name}/tokenizer", load_tokenizer(directory)
        )
    if (directory / "pytorch_model.bin.index.json").is_file():
        check_shards(report, directory)
    if (directory / "logits_processors.safetensors").is_file():
        check_formats(report, directory)
    if (directory / "encode_decode.json").is_file():
        check_published_tokenizer(report, directory, tokenizers)


def check_shards(report: Report, directory: Path) -> None:
    """Load a sharded checkpoint, and compare it with the model beside it that it was made from, where there is one."""
    with report.case(f"{directory.name}/load"):
        sharded = load_model(directory, torch.float32, CPU).state_dict()
        twin = directory.parent / directory.name.removesuffix("_sharded_bin")
        if twin != directory and twin.is_dir():
            whole = load_model(twin, torch.float32, CPU).state_dict()
            equal("names", set(sharded), set(whole))
            for name, tensor in whole.items():
                report.compare("weight", name, sharded[name], tensor, 0.0)


def check_published_tokenizer(report: Report, directory: Path, tokenizers: Path) -> None:
    """Compare with the published vocabulary, which is not part of the reference values."""
    if not directory.name.startswith("v1"):
        return report.refuse(directory.name, "the tokenizer of a later generation")
    found = [path for path in sorted(tokenizers.glob("*.model")) if _sha256(path) == VOCABULARY_SHA256]
    if not found:
        return report.skip(directory.name, f"no ice_text.model of ChatGLM-6B in {str(tokenizers)!r}; see --tokenizers")
    return check_tokenizer(report, directory, directory.name, ChatGLMTokenizer(str(found[0])))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def run(root: Path, only: str, tokenizers: Path, verbose: bool) -> Report:
    """Compare everything under a directory, or the one directory."""
    report = Report(verbose)
    is_single = any((root / name).is_file() for name in ("config.json", "encode_decode.json", "build_prompt.json"))
    for path in [root] if is_single else sorted(root.iterdir()):
        if not is_single and not path.name.startswith(only):
            continue
        if path.is_dir():
            check_directory(report, path, tokenizers)
        elif path.name.endswith("rotary_tables.safetensors"):
            check_rotary(report, path)
    return report


def print_table(report: Report, seconds: float) -> None:
    """Print the figures for people."""
    groups: dict[str, list[int]] = {}
    for column, names in enumerate((report.passed, report.failed, report.unsupported, report.skipped)):
        for name in names:
            groups.setdefault(name.split("/")[0], [0] * 4)[column] += 1
    print(f"\n{'':28}{'passed':>10}{'failed':>10}{'unsupported':>13}{'skipped':>10}")
    for name, counts in sorted(groups.items()):
        print(f"{name:28}{counts[0]:>10}{counts[1]:>10}{counts[2]:>13}{counts[3]:>10}")
    print("\nworst difference: " + ", ".join(f"{kind} {value:.2e}" for kind, value in report.worst.items()))
    print(f"{seconds:.1f} s")


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--only", default="", help="run only what has a name that begins like this, for example v1")
    parser.add_argument("--tokenizers", type=Path, default=ROOT.parent / "shared" / "tokenizers")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    options = parser.parse_args()
    if not options.directory.is_dir():
        parser.error(f"{str(options.directory)!r} is no directory")
    started_at = time.monotonic()
    report = run(options.directory, options.only, options.tokenizers, verbose=not options.json)
    cases = len(report.passed) + len(report.failed)
    if cases == 0 and not report.unsupported and not report.skipped:
        parser.error(f"nothing to compare in {str(options.directory)!r}")
    if options.json:
        print(json.dumps(_summary(report)))
    else:
        print_table(report, time.monotonic() - started_at)
    return 1 if report.failed else 0


def _summary(report: Report) -> dict[str, object]:
    return {
        "cases": len(report.passed) + len(report.failed),
        "passed": len(report.passed),
        "failed": report.failed,
        "worst_logit_diff": report.worst["logit"],
        "worst_hidden_diff": report.worst["hidden"],
        "unsupported": report.unsupported,
        "skipped": report.skipped,
    }


if __name__ == "__main__":
    sys.exit(main())
