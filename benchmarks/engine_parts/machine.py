"""What the figures were measured on."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_FLAGS = ("amx_int8", "amx_bf16", "avx512_vnni", "avx512_bf16", "avx_vnni", "avx2")
_PACKAGES = ("glmbot", "torch", "transformers")


def describe(peers: Mapping[str, Path]) -> dict[str, object]:
    """Return processor, versions, command and date."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    fields = dict(line.split(":", 1) for line in info.partition("\n\n")[0].splitlines() if ":" in line)
    named = {name.strip(): value.strip() for name, value in fields.items()}
    has = set(named.get("flags", "").split())
    versions = {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}
    versions |= {package: _version_in(python, package) for package, python in peers.items()}
    return {
        "cpu": named.get("model name", platform.processor()),
        "num_cores": os.cpu_count(),
        "flags": {flag: flag in has for flag in _FLAGS},
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "versions": versions,
        "command": " ".join(["python", *sys.argv]),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _version_in(python: Path, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
