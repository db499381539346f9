"""Measures the engine on a GPU, on random weights of ChatGLM-6B's true shape, as shares of what the GPU could do.

python benchmarks/engine_gpu.py [--layers N] [--json]

The limits are measured in the same run: a copy of 2 GB for the bandwidth, a product of 8,192 x 8,192 bfloat16 matrices
for the peak. A decode step reads all weights once, and keys and values of all its sequences; a share is the time that
this takes at the limit, by the median of whole steps of the engine, scheduling and sampling included.

decode_1_*     one stream
decode_64_*    64 streams with 1,024 tokens each
prefill_*      a prompt of 2,048

Takes an NVIDIA GPU with 80 GB for all of that.
"""

import argparse
import json
import sys

import torch
from engine_parts import gpu
from engine_parts.shape import NUM_LAYERS, Shape

AIMS = {"decode_1_bf16_share": 0.7, "decode_64_bf16_share": 0.5, "prefill_bf16_share": 0.5}


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=NUM_LAYERS, help="of the model; fewer take less memory")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("engine_gpu measures an NVIDIA GPU, and torch sees none on this machine")
    device = torch.device("cuda")
    figures = dict(gpu.figures(Shape(options.layers), device, gpu.Effort()))
    facts = {"gpu": torch.cuda.get_device_name(device), "torch": torch.__version__, "num_layers": options.layers}
    print(json.dumps(figures | facts) if options.json else _table(figures, facts))


def _table(figures: dict[str, float], facts: dict[str, object]) -> str:
    aims = {name: f"   (aim: {aim:.0%})" for name, aim in AIMS.items()}
    lines = [
        f"{name:28}{number:9.0%}{aims.get(name, '')}" if name.endswith("share") else f"{name:28}{number:9.1f}"
        for name, number in figures.items()
    ]
    return "\n".join([*lines, json.dumps(facts)])


if __name__ == "__main__":
    main()
