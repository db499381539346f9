"""Chooses the files of a repository that a model is loaded from: no code, one form of the weights."""

import json
import re
from pathlib import Path, PurePosixPath

from glmbot.checkpoints.manifest import MANIFEST_FILE, plain_name
from glmbot.checkpoints.sources import Listing, RemoteFile
from glmbot.errors import ConfigError

WEIGHTS = (
    (re.compile(r"model(-\d+-of-\d+)?\.safetensors"), "model.safetensors.index.json"),
    (re.compile(r"pytorch_model(-\d+-of-\d+)?\.bin"), "pytorch_model.bin.index.json"),
)
"""The published forms of weights and their indices, the preferred first."""
_TEXTS = re.compile(r"(?!.*\.index\.json).+\.(json|model|tiktoken|jinja)|merges\.txt|vocab\.txt")
_LICENCES = re.compile(r"(MODEL_)?LICEN[CS]E(\.txt|\.md)?|NOTICE(\.txt)?")
CONFIG_FILE = "config.json"


def choose_files(listing: Listing) -> list[RemoteFile]:
    """Return the files to fetch, small ones first: errors show before the weights come. Raises ConfigError."""
    for file in listing.files:
        _check_path(listing, file.path)
    top = {file.path: file for file in listing.files if "/" not in file.path}
    if CONFIG_FILE not in top:
        raise ConfigError(f"model {listing.wanted.repo!r} has no {CONFIG_FILE!r}, so it is no checkpoint to load")
    texts = [file for name, file in top.items() if _is_text(name)]
    index, weights = _choose_weights(listing, top)
    small = sorted([*texts, *index], key=lambda file: (file.size_bytes, file.path))
    return [*small, *sorted(weights, key=lambda file: file.path)]


def check_index(directory: Path, files: list[RemoteFile]) -> None:
    """Raise ConfigError when the index that was fetched names a file that the repository does not have."""
    there = {file.path for file in files}
    for _, name in WEIGHTS:
        if name in there:
            missing = sorted(_named_in(directory / name) - there)
            if missing:
                raise ConfigError(
                    f"{name!r} names {missing[0]!r}, which the repository does not have; take another --revision or "
                    "--source"
                )


def _check_path(listing: Listing, path: str) -> None:
    """Refuse a repository with a path that leads out of its directory, or hides what it is."""
    try:
        parts = PurePosixPath(path).parts
        for part in parts:
            plain_name(part)
        if "/".join(parts) != path:
            raise ValueError(f"{path!r} is no plain path")
    except ValueError as error:
        raise ConfigError(
            f"model {listing.wanted.repo!r} lists the file {path!r}, which could be written outside of its directory; "
            "nothing was fetched"
        ) from error


def _is_text(name: str) -> bool:
    return bool(_TEXTS.fullmatch(name) or _LICENCES.fullmatch(name)) and name != MANIFEST_FILE


def _choose_weights(listing: Listing, top: dict[str, RemoteFile]) -> tuple[list[RemoteFile], list[RemoteFile]]:
    for pattern, index in WEIGHTS:
        shards = [file for name, file in top.items() if pattern.fullmatch(name)]
        if index in top and any("-of-" in shard.path for shard in shards):
            return [top[index]], [shard for shard in shards if "-of-" in shard.path]
        if whole := [shard for shard in shards if "-of-" not in shard.path]:
            return [], whole
    raise ConfigError(
        f"model {listing.wanted.repo!r} has no weights as model*.safetensors or pytorch_model*.bin, so it cannot be "
        "loaded; repositories of GGUF and other forms are not supported"
    )


def _named_in(index: Path) -> set[str]:
    try:
        places = json.loads(index.read_bytes())["weight_map"]
        return {str(name) for name in places.values()}
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise ConfigError(f"{index.name!r} has no 'weight_map' of file names; take another --revision") from error
