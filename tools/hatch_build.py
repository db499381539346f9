"""Puts plugins/ and migrations/ into the wheel, where a checkout uses the folders themselves; compiles the kernels."""

import os
import platform
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = {"plugins": "glmbot_plugins", "migrations": "glmbot_migrations"}
KERNELS = Path("glmbot/serving/compiled")
LIBRARY = KERNELS / "kernels.so"
FLAGS = ("-O3", "-std=gnu11", "-ffp-contract=off", "-fPIC", "-shared")
"""For any x86-64: which instructions are used is decided when they run. Floats are rounded as the C code says."""


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]  # untyped in hatchling
    """Adds the two folders, and what was compiled, to what a wheel holds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before the wheel is made; `version` is "editable" for a checkout."""
        is_compiled = self._compile()
        if version == "standard":
            build_data["force_include"].update(BUNDLED)
            if is_compiled:
                build_data["force_include"][str(LIBRARY)] = str(LIBRARY)
                build_data["pure_python"] = False
                # any Python, since it is loaded by ctypes
                build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"

    def _compile(self) -> bool:
        """Compile the kernels, where they can be; everything works without them, but slower."""
        folder, library = Path(self.root, KERNELS), Path(self.root, LIBRARY)
        if platform.system() != "Linux" or platform.machine() != "x86_64":
            return False
        newest = max(path.stat().st_mtime for path in folder.glob("*.[ch]"))
        if library.exists() and library.stat().st_mtime > newest:
            return True
        fresh = library.with_suffix(f".{os.getpid()}")  # one that is in use must not be written over
        command = ["cc", *FLAGS, *sorted(map(str, folder.glob("*.c"))), "-o", str(fresh)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            library.unlink(missing_ok=True)
            reason = getattr(error, "stderr", None) or "there is no C compiler (cc)"
            self.app.display_warning(f"the kernels are not compiled, int8 and int4 models will be slower: {reason}")
            return False
        fresh.replace(library)
        return True
