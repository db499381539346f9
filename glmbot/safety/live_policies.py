"""Keeps the policies as their files say, while the bot runs."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path

from glmbot.errors import ConfigError
from glmbot.phrases import Phrase
from glmbot.safety.policies import Policies, load
from glmbot.safety.rule import Rule
from glmbot.safety.rule_files import DEFAULT_FOLDER, own_list_rule
from glmbot.settings import SafetySettings
from glmbot.trouble import TroubleReport

logger = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds between two looks at the files."""
TROUBLE = "policies"
KEY_FILE = "safety.key"
Signature = tuple[tuple[str, int, int], ...]


class LivePolicies:
    """The policies that hold now. New ones take their place as a whole; a broken file keeps the old ones, loudly."""

    def __init__(self, settings: SafetySettings, key: bytes, report: TroubleReport) -> None:
        """Read the policies. Raises ConfigError."""
        self._settings = settings
        self._key = key
        self._report = report
        self._seen = self._signature()
        self.current = self._load()

    async def run(self) -> None:
        """Read the files again whenever one of them has changed, until cancelled."""
        while self._settings.enabled:
            await asyncio.sleep(INTERVAL)
            await self.look()

    async def look(self) -> None:
        """Read the files again if one of them has changed. It is all done in a thread: texts are judged meanwhile."""
        signature = await asyncio.to_thread(self._signature)
        if signature == self._seen:
            return
        try:
            policies = await asyncio.to_thread(self._load)
        except ConfigError as error:
            logger.error("the policies have changed and cannot be used, the last good ones stay: %s", error)
            self._report.trouble(TROUBLE, Phrase.POLICIES_KEPT.in_both_languages())
        else:
            self.current = policies
            logger.info("the policies have changed: %d rules hold from now on", len(policies.rules))
            self._report.over(TROUBLE)
        self._seen = signature

    def _load(self) -> Policies:
        return policies_of(self._settings, self._key)

    def _signature(self) -> Signature:
        """Return names, times and sizes of all files; one that is gone is missing."""
        files = [*_files_of(_folder(self._settings)), *self._settings.word_lists]
        return tuple(entry for file in files for entry in _entry(file))


def policies_of(settings: SafetySettings, key: bytes = b"") -> Policies:
    """Return the policies that the settings name. Raises ConfigError."""
    if not settings.enabled:
        return Policies((), key)
    own: Sequence[Rule] = [own_list_rule(settings.word_lists)] if settings.word_lists else []
    folder = _folder(settings)
    return load(folder, own, key) if folder else Policies(own, key)


def key_of(data_dir: Path) -> bytes:
    """Return the key of the digests, made when it is first asked for: only with it can a digest be tried."""
    file = data_dir / KEY_FILE
    try:
        return file.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(32)
        file.touch(mode=0o600)
        file.write_bytes(key)
        return key


def _folder(settings: SafetySettings) -> Path | None:
    return settings.policies or (DEFAULT_FOLDER if settings.use_builtin_list else None)


def _files_of(folder: Path | None) -> Sequence[Path]:
    return sorted(folder.rglob("*")) if folder else ()


def _entry(file: Path) -> Sequence[tuple[str, int, int]]:
    try:
        found = file.stat()
    except OSError:
        return ()
    return [(str(file), found.st_mtime_ns, found.st_size)]
