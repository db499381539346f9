"""Prompts, tidied answers, sampling, rotary tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from fidelity_checks.report import TABLE_TOLERANCE, Report, equal, read_json
from glmbot.serving.chat.chatglm import build_prompt, process_response
from glmbot.serving.chat.texts import SAMPLING
from glmbot.serving.engine.candidates import candidates
from glmbot.serving.engine.sampler import replace_invalid
from glmbot.serving.engine.sequence import Sampling
from glmbot.serving.models.family import Family
from glmbot.serving.models.rotary import inverse_frequencies, rotary_tables


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
            ours = (True, SAMPLING[Family.CHATGLM])
            equal("sampling", ours, (defaults["do_sample"], reference_sampling(facts, defaults)))


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
