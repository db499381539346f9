"""Lists the files of a repository at Hugging Face or ModelScope.

Both speak plain HTTP with JSON, so one downloader of our own serves both, without the publishers' libraries: it resumes
and verifies in one pass over the bytes, and works where only the bot is installed.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from glmbot.checkpoints.catalogue import SourceName, Wanted
from glmbot.checkpoints.connection import Connection, Patience
from glmbot.errors import ConfigError

_SHA256 = re.compile("[0-9a-f]{64}")
_MAX_FILE_BYTES = 1 << 44


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as its publisher lists it; one of the two checksums is known, or it cannot be verified."""

    path: str
    size_bytes: int
    url: str
    sha256: str | None = None
    git_sha1: str | None = None

    @property
    def checksum(self) -> str | None:
        """What identifies the content."""
        return self.sha256 or self.git_sha1


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository at one revision."""

    wanted: Wanted
    revision: str
    files: list[RemoteFile]


def connect(source: SourceName, patience: Patience, variables: Mapping[str, str] = os.environ) -> Connection:
    """Return a connection to a source, as the variables of its own tools say: endpoint, token, proxies."""
    if source is SourceName.HUGGINGFACE:
        endpoint = variables.get("HF_ENDPOINT") or "https://huggingface.co"
        return Connection(endpoint, _token(variables, "HF_TOKEN"), "HF_TOKEN", patience)
    domain = variables.get("MODELSCOPE_DOMAIN") or "www.modelscope.cn"
    endpoint = domain if "://" in domain else f"https://{domain}"
    return Connection(endpoint, _token(variables, "MODELSCOPE_API_TOKEN"), "MODELSCOPE_API_TOKEN", patience)


def list_files(connection: Connection, wanted: Wanted) -> Listing:
    """Ask a source for the files of a repository. Raises ConfigError."""
    lister = _list_huggingface if wanted.source is SourceName.HUGGINGFACE else _list_modelscope
    try:
        return lister(connection, wanted)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise ConfigError(
            f"model {wanted.repo!r}: {connection.endpoint!r} lists its files in an unknown form ({place}); "
            "check the endpoint"
        ) from None


class _Edge(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Lfs(_Edge):
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0, le=_MAX_FILE_BYTES)


class _Sibling(_Edge):
    rfilename: str
    size: int | None = Field(None, ge=0, le=_MAX_FILE_BYTES)
    blobId: str | None = Field(None, pattern="^[0-9a-f]{40}$")  # noqa: N815  the wire's name
    lfs: _Lfs | None = None


class _HuggingFaceModel(_Edge):
    sha: str = Field(pattern="^[0-9a-f]{40}$")
    siblings: list[_Sibling]


def _list_huggingface(connection: Connection, wanted: Wanted) -> Listing:
    """See https://huggingface.co/docs/hub/api: model information with `blobs=true`."""
    revision = quote(wanted.revision or "main", safe="")
    answer = connection.get_json(f"/api/models/{wanted.repo}/revision/{revision}?blobs=true", _what(wanted))
    model = _HuggingFaceModel.model_validate(answer)
    root = f"{connection.endpoint}/{wanted.repo}/resolve/{model.sha}"
    return Listing(wanted, model.sha, [_file_of_sibling(sibling, root) for sibling in model.siblings])


def _file_of_sibling(sibling: _Sibling, root: str) -> RemoteFile:
    url = f"{root}/{quote(sibling.rfilename)}"
    if sibling.lfs:
        return RemoteFile(sibling.rfilename, sibling.lfs.size, url, sha256=sibling.lfs.sha256)
    return RemoteFile(sibling.rfilename, sibling.size or 0, url, git_sha1=sibling.blobId)


class _Entry(_Edge):
    path: str = Field(alias="Path")
    kind: str = Field(alias="Type")
    size: int = Field(0, alias="Size", ge=0, le=_MAX_FILE_BYTES)
    sha256: str | None = Field(None, alias="Sha256")


class _Entries(_Edge):
    files: list[_Entry] = Field(alias="Files")


class _ModelScopeAnswer(_Edge):
    entries: _Entries = Field(alias="Data")


def _list_modelscope(connection: Connection, wanted: Wanted) -> Listing:
    """The two calls that modelscope's own library makes (its hub/api.py and hub/file_download.py)."""
    revision = wanted.revision or "master"
    root = f"/api/v1/models/{wanted.repo}/repo"
    answer = connection.get_json(f"{root}/files?{urlencode({'Revision': revision, 'Recursive': True})}", _what(wanted))
    entries = _ModelScopeAnswer.model_validate(answer).entries.files
    files = [
        RemoteFile(
            entry.path,
            entry.size,
            f"{connection.endpoint}{root}?{urlencode({'Revision': revision, 'FilePath': entry.path})}",
            sha256=entry.sha256 if entry.sha256 and _SHA256.fullmatch(entry.sha256) else None,
        )
        for entry in entries
        if entry.kind != "tree"
    ]
    return Listing(wanted, revision, files)


def _what(wanted: Wanted) -> str:
    return f"model {wanted.repo!r}" + (f" at revision {wanted.revision!r}" if wanted.revision else "")


def _token(variables: Mapping[str, str], name: str) -> SecretStr | None:
    value = variables.get(name, "").strip()
    return SecretStr(value) if value else None
