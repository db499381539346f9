"""Scores the safety filter on a set of cases.

python benchmarks/safety.py DIRECTORY [--json] [--parts evasion,stream,speed]

DIRECTORY holds evasion.jsonl, stream.jsonl and so on; a part whose file is missing is left out. Each part is a module
of safety_parts with a function `score(directory)`; those are run that this checkout has.
"""

import argparse
import json
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

PARTS = ("evasion", "stream", "pii", "injection", "speed")


def main() -> None:
    """Read the command line, score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--parts", default=",".join(PARTS), help="only these parts")
    options = parser.parse_args()
    result: dict[str, object] = {}
    for name in _parts(options.parts.split(","), options.directory):
        figures = import_module(f"safety_parts.{name}").score(options.directory)
        # The figures of speed stand beside the sections.
        result.update(figures if name == "speed" else {name: figures})
    print(json.dumps(result, ensure_ascii=False) if options.json else json.dumps(result, ensure_ascii=False, indent=2))


def _parts(names: list[str], directory: Path) -> Iterator[str]:
    for name in names:
        has_cases = name == "speed" or (directory / f"{name}.jsonl").exists()
        if has_cases and find_spec(f"safety_parts.{name}"):
            yield name


if __name__ == "__main__":
    main()
