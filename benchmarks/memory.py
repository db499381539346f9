"""Measures what ChatGLM-6B takes in memory, with random weights of its true shape.

python benchmarks/memory.py --precision {bf16,fp16,int8,int4} [--kv-precision {full,half,int8}] [--device cpu]
    [--directory DIRECTORY] [--keep] [--layers N] [--hidden N] [--tokens N] [--json]

Writes float16 shards (13.4 GB) into a temporary directory, or uses those in DIRECTORY. Int8 and int4 are measured
twice: quantised while loading (`peak_load_gb`, `quantise_s`), and from the converted form (the rest). Each time a new
process loads the model; the last one then plays a conversation of 2,048 tokens and stays at its last token.

resident_gb    memory of the process (RSS, mapped weights included) holding the whole conversation; on a GPU torch's
peak_load_gb   the most it had while loading
peak_gb        the most it ever had
ready_s        time to load, files in the page cache
file_gb        the files it loaded
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from glmbot.serving.engine.decoder import ChatGLMDecoder
from glmbot.serving.loading.convert import convert
from glmbot.serving.loading.memory import keep_large_blocks_apart, peak_bytes, resident_bytes
from glmbot.serving.loading.needs import choose_kv
from glmbot.serving.loading.precision import KvPrecision, Precision
from glmbot.serving.loading.shards import find_shards
from glmbot.serving.loading.tensor_writer import Form, writing
from glmbot.serving.loading.weights import load_config, load_model
from glmbot.serving.models.chatglm import ChatGLMForConditionalGeneration
from glmbot.serving.models.config import ChatGLMConfig

NUM_DECODED = 8
SPREAD = 0.02
"""Standard deviation of the weights, as models are initialised: activations stay finite."""
PATTERN = 1 << 24
GB = 1e9


def main() -> None:
    """Read the command line, measure and print."""
    options = _options()
    if options.child:
        return print(json.dumps(measure(options)))
    with _checkpoint(options) as directory:
        figures = _measure_all(options, directory)
    if options.json:
        return print(json.dumps(figures))
    for name, value in figures.items():
        print(f"{name:18} {value}")
    return None


def _measure_all(options: argparse.Namespace, directory: Path) -> dict[str, object]:
    """Measure in new processes, so that nothing of making the files counts."""
    if Precision(options.precision).bits is None:
        return _child(options, directory, talk=True)
    loading = _child(options, directory, talk=False)
    with tempfile.TemporaryDirectory(dir=directory.parent) as parent:
        started_at = time.monotonic()
        convert(directory, Path(parent) / "converted", Precision(options.precision))
        convert_s = round(time.monotonic() - started_at, 1)
        figures = _child(options, Path(parent) / "converted", talk=True)
    loaded = {"peak_load_gb": loading["peak_load_gb"], "peak_mapped_load_gb": figures["peak_load_gb"]}
    quantised = {"final_gb": loading["loaded_gb"], "quantise_s": loading["ready_s"], "convert_s": convert_s}
    return figures | loaded | quantised


def _child(options: argparse.Namespace, directory: Path, *, talk: bool) -> dict[str, object]:
    given = ["--precision", options.precision, "--device", options.device, "--tokens", str(options.tokens)]
    given += ["--kv-precision", options.kv_precision] if options.kv_precision else []
    command = [
        sys.executable,
        __file__,
        "--child",
        *given,
        "--directory",
        str(directory),
        *(["--talk"] if talk else []),
    ]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, object] = json.loads(out.splitlines()[-1])
    return figures


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Load the model in this process and perhaps talk; return the figures."""
    device, precision = torch.device(options.device), Precision(options.precision)
    kv = KvPrecision(options.kv_precision or choose_kv(load_config(options.directory), precision, device))
    keep_large_blocks_apart()
    before, started_at = resident_bytes(), time.monotonic()
    model = load_model(options.directory, precision, device)
    figures: dict[str, object] = {
        "precision": precision.value,
        "kv_precision": kv.value,
        "device": str(device),
        "ready_s": round(time.monotonic() - started_at, 2),
        "file_gb": _gb(sum(path.stat().st_size for path in find_shards(options.directory))),
        "program_gb": _gb(before),
        "loaded_gb": _gb(resident_bytes()),
        "peak_load_gb": _gb(_peak(device)),
    }
    return figures | talk(model, kv, options.tokens, device) if options.talk else figures


@torch.inference_mode()
def talk(
    model: ChatGLMForConditionalGeneration, kv: KvPrecision, num_tokens: int, device: torch.device
) -> dict[str, object]:
    """Play a conversation of that many tokens; return what it took, with its cache still there."""
    config = model.config
    num_words = min(config.gmask_token_id, config.vocab_size - 100)
    num_context = num_tokens - NUM_DECODED - 2
    words = torch.randint(10, num_words, (num_context,), generator=torch.Generator().manual_seed(0)).tolist()
    decoder = ChatGLMDecoder(model, kv)
    started_at = time.monotonic()
    logits = decoder.prefill([*words, config.gmask_token_id, config.bos_token_id])
    prefilled_at = time.monotonic()
    for _ in range(NUM_DECODED):
        logits = decoder.decode(int(logits.argmax()))
    assert bool(logits.isfinite().all()), "the scores are not finite"
    return {
        "resident_gb": _gb(_resident(device)),
        "peak_gb": _gb(_peak(device)),
        "card_gb": _gb(_card(device)),
        "prefill_s": round(prefilled_at - started_at, 2),
        "token_s": round((time.monotonic() - prefilled_at) / NUM_DECODED, 3),
    }


def _resident(device: torch.device) -> int:
    return torch.cuda.memory_allocated(device) if device.type == "cuda" else resident_bytes()


def _peak(device: torch.device) -> int:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else peak_bytes()


def _card(device: torch.device) -> int:
    """Return what the card says is used, of all its users; 0 on a CPU."""
    if device.type != "cuda":
        return 0
    free, total = torch.cuda.mem_get_info(device)
    return total - free


def _gb(num_bytes: float) -> float:
    return round(num_bytes / GB, 3)


@contextmanager
def _checkpoint(options: argparse.Namespace) -> Iterator[Path]:
    """Give a checkpoint of random weights: that in the directory named, or a new one."""
    parent = options.directory or Path(tempfile.mkdtemp(prefix="glmbot-memory-"))
    directory = parent / "float16"
    try:
        if not (directory / "config.json").is_file():
            parent.mkdir(parents=True, exist_ok=True)
            write_random(directory, _config(options))
        yield directory
    finally:
        if not options.keep and not options.directory:
            shutil.rmtree(parent, ignore_errors=True)


def _config(options: argparse.Namespace) -> ChatGLMConfig:
    heads = max(1, options.hidden // 128)
    shape = {"hidden_size": options.hidden, "inner_hidden_size": 4 * options.hidden, "num_attention_heads": heads}
    return ChatGLMConfig(num_layers=options.layers, **shape)


def write_random(directory: Path, config: ChatGLMConfig) -> None:
    """Write random float16 weights in shards: a pattern repeated, since a random number for each would take minutes."""
    directory.mkdir()
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in ChatGLMForConditionalGeneration(config).state_dict().items()}
    pattern = (torch.randn(PATTERN, generator=torch.Generator().manual_seed(0)) * SPREAD).half()
    with writing(directory, [Form(name, torch.float16, shape) for name, shape in shapes.items()]) as writer:
        for name, shape in shapes.items():
            numbers = pattern.repeat(-(-shape.numel() // PATTERN))[: shape.numel()].view(shape)
            writer.write(name, torch.ones(shape).half() if "layernorm.weight" in name else numbers)
    settings = {key: value for key, value in config.to_dict().items() if value is not None}
    (directory / "config.json").write_text(json.dumps(settings), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", required=True, choices=[precision.value for precision in Precision])
    parser.add_argument("--kv-precision", choices=[kv.value for kv in KvPrecision])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--directory", type=Path, help="where the random weights are, or are made and kept")
    parser.add_argument("--keep", action="store_true", help="keep the files that were made")
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--hidden", type=int, default=4096)
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--json", action="store_true", help="print one flat JSON object")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--talk", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
