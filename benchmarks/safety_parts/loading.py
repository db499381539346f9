"""How long policies with 100,000 terms take to read, and to read again while the bot runs."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from glmbot.safety.live_policies import LivePolicies
from glmbot.safety.policies import Policies
from glmbot.safety.rule_files import DEFAULT_FOLDER
from glmbot.settings import SafetySettings

RULE = """[[rules]]
id = "own"
kind = "words"
category = "own"
action = "block"
word_lists = ["long.txt"]
"""
TICK = 0.002
"""Seconds between two looks whether the event loop is held."""


class Loading:
    """Policies that ship, and one rule with a long list, in a folder of their own.

    Seconds are of the processor: others may use the machine. Of several lists the slowest counts.
    """

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self.load_s: dict[str, float] = {}
        self.reload_s: dict[str, float] = {}
        self.stall_ms: dict[str, float] = {}
        """The longest that the event loop was held by a reload; by the clock."""
        self.policies: Policies
        """Those of the last list."""
        for name, terms in lists.items():
            with tempfile.TemporaryDirectory() as folder:
                self._load(name, terms, shutil.copytree(DEFAULT_FOLDER, Path(folder, "policies")))

    def _load(self, name: str, terms: Sequence[str], folder: Path) -> None:
        (folder / "own.toml").write_text(RULE)
        (folder / "long.txt").write_text("\n".join(terms), encoding="utf-8")
        begin = time.process_time()
        live = LivePolicies(SafetySettings(policies=folder), b"", _Quiet())
        self.load_s[name] = round(time.process_time() - begin, 2)
        (folder / "long.txt").write_text("\n".join([*terms, "one more"]), encoding="utf-8")
        asyncio.run(self._reload(name, live))
        self.policies = live.current

    async def _reload(self, name: str, live: LivePolicies) -> None:
        before = live.current
        stall = 0.0
        begin = time.process_time()
        async with asyncio.TaskGroup() as tasks:
            look = tasks.create_task(live.look())
            while not look.done():
                last = time.perf_counter()
                await asyncio.sleep(TICK)
                stall = max(stall, time.perf_counter() - last - TICK)
        self.reload_s[name] = round(time.process_time() - begin, 2)
        self.stall_ms[name] = round(1000 * stall)
        if live.current is before:
            raise RuntimeError("the policies were not read again")


class _Quiet:
    """Takes trouble, which there is none of."""

    def trouble(self, kind: str, text: str) -> None:
        raise RuntimeError(f"{kind}: {text}")

    def over(self, kind: str) -> None:
        """Nothing was wrong."""
