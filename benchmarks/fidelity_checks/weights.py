"""Weights as such: shards, quantised layers, learned prefixes in files of their own."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from fidelity_checks.report import CPU, HIDDEN_TOLERANCE, Report, equal
from glmbot.serving.loading.weights import load_config, load_model
from glmbot.serving.models.nibbles import pack, unpack
from glmbot.serving.models.quantize import QuantisedLinear, quantise


def check_shards(report: Report, directory: Path) -> None:
    """Load a sharded checkpoint, and compare it with the model beside it that it was made from, where there is one."""
    with report.case(f"{directory.name}/load"):
        sharded = load_model(directory, torch.float32, CPU).state_dict()
        twin = directory.parent / directory.name.removesuffix("_sharded_bin")
        if twin != directory and twin.is_dir():
            compare_weights(report, sharded, load_model(twin, torch.float32, CPU).state_dict())


def compare_weights(report: Report, ours: dict[str, Tensor], reference: dict[str, Tensor]) -> None:
    """Compare all weights of a network, bit for bit."""
    equal("names", set(ours), set(reference))
    for name, tensor in reference.items():
        report.compare("weight", name, ours[name], tensor, 0.0)


def check_quantised(report: Report, directory: Path) -> None:
    """Compare quantising, packing and dequantising with the published layer, bit for bit."""
    original = load_file(directory / "layer0_original_weights.safetensors")
    expected = load_file(directory / "layer0_dequantised.safetensors")
    stored = load_file(directory / "model.safetensors")
    bits = int(load_config(directory).quantization_bit)
    for name, weight in original.items():
        layer = name.removesuffix(".weight")
        with report.case(f"{directory.name}/{layer}"):
            numbers, scale = quantise(weight, bits)
            report.compare("weight", "numbers", numbers, expected[f"unpacked/{layer}"], 0.0)
            report.compare("weight", "scale", scale, stored[f"{layer}.weight_scale"], 0.0)
            packed = numbers if bits == 8 else pack(numbers)
            report.compare("weight", "packed", packed, stored[name], 0.0)
            if bits == 4:
                report.compare("weight", "unpacked", unpack(stored[name]), numbers, 0.0)
            module = QuantisedLinear(weight.shape[1], weight.shape[0], bits, bias=False)
            module.weight, module.weight_scale = stored[name], stored[f"{layer}.weight_scale"]
            ours = module.dequantise(torch.float32)
            report.compare("weight", "dequantised", ours, expected[f"dequantised/{layer}"], 0.0)


def check_prefix(report: Report, directory: Path) -> None:
    """Load the prefix over its base model, and compare the weights and the keys and values that it gives."""
    tuned = load_model(directory, torch.float32, CPU)
    with report.case(f"{directory.name}/prefix_over_base"):
        over = load_model(directory, torch.float32, CPU, prefix=directory / "prefix_encoder_only.safetensors")
        compare_weights(report, over.state_dict(), tuned.state_dict())
    if not (directory / "prefix_kv.safetensors").is_file():
        return
    reference = load_file(directory / "prefix_kv.safetensors")
    with report.case(f"{directory.name}/prefix_kv"), torch.inference_mode():
        layers = tuned.new_cache().layers
        for name, part in (("prefix_key", "keys"), ("prefix_value", "values")):
            ours = torch.stack([getattr(layer, part) for layer in layers])
            report.compare("cache", name, ours, reference[name], HIDDEN_TOLERANCE)
