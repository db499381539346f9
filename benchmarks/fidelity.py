"""Compares our ports of the ChatGLM family with reference values of the published implementations.

python benchmarks/fidelity.py DIRECTORY [--only v1] [--tokenizers DIRECTORY] [--json]

DIRECTORY holds model directories and text vectors, or is one of them (its README.md tells the format). With --json
the last line is one flat JSON object. Exit code 1 if a case failed. What could not be run is reported as skipped, and
not counted as passed.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from fidelity_checks.conversations import check_chat
from fidelity_checks.formats import check_formats, check_rotary
from fidelity_checks.networks import check_model
from fidelity_checks.report import Report
from fidelity_checks.tokenizers import check_published_tokenizer, check_tokenizer
from fidelity_checks.weights import check_prefix, check_quantised, check_shards

from glmbot.serving.loading.weights import load_tokenizer

ROOT = Path(__file__).parent.parent


def check_directory(report: Report, directory: Path, tokenizers: Path) -> None:
    """Compare whatever a directory holds."""
    report.say(f"running      {directory.name}")
    if (directory / "cases.json").is_file():
        check_model(report, directory)
    if (directory / "layer0_dequantised.safetensors").is_file():
        check_quantised(report, directory)
    if (directory / "prefix_encoder_only.safetensors").is_file():
        check_prefix(report, directory)
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
    for column, names in enumerate((report.passed, report.failed, report.skipped)):
        for name in names:
            groups.setdefault(name.split("/")[0], [0] * 3)[column] += 1
    print(f"\n{'':28}{'passed':>10}{'failed':>10}{'skipped':>10}")
    for name, counts in sorted(groups.items()):
        print(f"{name:28}{counts[0]:>10}{counts[1]:>10}{counts[2]:>10}")
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
    if cases == 0 and not report.skipped:
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
        "skipped": report.skipped,
    }


if __name__ == "__main__":
    sys.exit(main())
