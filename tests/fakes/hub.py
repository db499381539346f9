"""A publisher of models: the paths of Hugging Face and ModelScope over real HTTP, and what can go wrong there."""

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LFS_BYTES = 1000
"""Larger files are listed with their sha256, smaller ones as git does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came: what for, from which byte on, and with which authorization."""

    path: str
    start: int | None
    authorization: str | None
    if_range: str | None


@dataclass
class Trouble:
    """What the hub does wrong; a number is how often, a path is which file."""

    cut_after: dict[str, list[int]] = field(default_factory=dict)
    """By file: after how many bytes each of the next answers breaks off."""
    corrupt: dict[str, int] = field(default_factory=dict)
    """By file: how many of the next answers have a wrong byte."""
    statuses: list[int] = field(default_factory=list)
    """The next answers, instead of a right one."""
    retry_after: str | None = None
    ignores_range: bool = False
    is_gated: bool = False
    """Whether files are given only with a token."""
    error_code: str | None = None
    seconds_a_block: float = 0.0
    redirect_to: str | None = None
    """Another hub that has the large files."""
    listed_sizes: dict[str, int] = field(default_factory=dict)
    listed_paths: list[str] = field(default_factory=list)
    gates: dict[str, threading.Event] = field(default_factory=dict)
    """By file: what it waits for after its first block."""


class FakeHub:
    """One repository, `owner/model`, served from a thread of its own. `asked` holds every request."""

    repo = "owner/model"

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.trouble = Trouble()
        self.asked: list[Asked] = []
        hub = self

        class Handler(_Handler):
            def __init__(self, *arguments: Any) -> None:
                self.hub = hub
                super().__init__(*arguments)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "FakeHub":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for gate in self.trouble.gates.values():
            gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def of(self, file: str) -> list[Asked]:
        """Return the requests for a file."""
        return [asked for asked in self.asked if asked.path == file]

    def listing_of_huggingface(self) -> dict[str, Any]:
        """Answer as /api/models/REPO/revision/REVISION?blobs=true does."""
        siblings: list[dict[str, Any]] = []
        for path, content in self._listed():
            size = self.trouble.listed_sizes.get(path, len(content))
            blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
            sibling = {"rfilename": path, "size": size, "blobId": blob}
            if len(content) > LFS_BYTES:
                sha256 = hashlib.sha256(content).hexdigest()
                sibling["lfs"] = {"sha256": sha256, "size": size, "pointerSize": 135}
            siblings.append(sibling)
        return {"id": self.repo, "sha": COMMIT, "siblings": siblings}

    def listing_of_modelscope(self) -> dict[str, Any]:
        """Answer as /api/v1/models/REPO/repo/files does."""
        entries = [
            {"Path": path, "Name": path, "Type": "blob", "Size": len(content), "Sha256": _sha256(content)}
            for path, content in self._listed()
        ]
        tree = {"Path": "figures", "Name": "figures", "Type": "tree", "Size": 0}
        return {"Code": 200, "Success": True, "Data": {"Files": [tree, *entries]}}

    def _listed(self) -> list[tuple[str, bytes]]:
        return [*self.files.items(), *((path, b"x") for path in self.trouble.listed_paths)]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection; anything that is not asked for in the publishers' way fails the test by 400."""

    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        """Answer."""
        place, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        path = unquote(place.path)
        trouble, repo = self.hub.trouble, re.escape(self.hub.repo)
        if trouble.statuses:
            return self._refuse(path, trouble.statuses.pop(0))
        if re.fullmatch(rf"/api/models/{repo}/revision/(main|{COMMIT})", path) and query == {"blobs": ["true"]}:
            return self._json(path, self.hub.listing_of_huggingface())
        if path == f"/api/v1/models/{self.hub.repo}/repo/files" and query == {
            "Revision": ["master"],
            "Recursive": ["True"],
        }:
            return self._json(path, self.hub.listing_of_modelscope())
        if found := re.fullmatch(rf"/{repo}/resolve/{COMMIT}/(.+)", path):
            return self._file(found[1])
        if path == f"/api/v1/models/{self.hub.repo}/repo" and query.get("Revision") == ["master"]:
            return self._file(query["FilePath"][0])
        if found := re.fullmatch(r"/cdn/(.+)", path):
            return self._file(found[1])
        return self._refuse(path, 404)

    def _file(self, name: str) -> None:
        trouble = self.hub.trouble
        if trouble.is_gated and not self.headers.get("Authorization"):
            return self._refuse(name, 401)
        content = self.hub.files.get(name)
        if content is None:
            return self._refuse(name, 404)
        if trouble.redirect_to and len(content) > LFS_BYTES:
            return self._redirect(name, f"{trouble.redirect_to}/cdn/{name}?signature=secret-signature")
        self._note(name)
        self._send(name, content)

    def _send(self, name: str, content: bytes) -> None:
        start, etag = self._start(), f'"{_sha256(content)[:16]}"'
        if self.hub.trouble.ignores_range or self.headers.get("If-Range", etag) != etag:
            start = 0
        if start >= len(content) and start:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", etag)
        self.end_headers()
        self._body(name, self._damaged(name, content)[start:])

    def _body(self, name: str, body: bytes) -> None:
        trouble, gate = self.hub.trouble, self.hub.trouble.gates.get(name)
        cuts = trouble.cut_after.get(name, [])
        end = cuts.pop(0) if cuts else None
        sent = body if end is None else body[:end]
        block_bytes = 1 << 16 if len(sent) > LFS_BYTES else 1 << 20
        for begin in range(0, len(sent), block_bytes):
            try:
                self.wfile.write(sent[begin : begin + block_bytes])
            except OSError:  # the client has gone
                break
            time.sleep(trouble.seconds_a_block)
            if gate:
                gate.wait(60)
        if end is not None:
            self.close_connection = True

    def _damaged(self, name: str, content: bytes) -> bytes:
        left = self.hub.trouble.corrupt.get(name, 0)
        if not left:
            return content
        self.hub.trouble.corrupt[name] = left - 1
        return bytes([content[0] ^ 1]) + content[1:]

    def _json(self, path: str, value: object) -> None:
        self._note(path)
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, name: str, target: str) -> None:
        self._note(name)
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _refuse(self, name: str, status: int) -> None:
        self._note(name)
        trouble = self.hub.trouble
        self.send_response(status)
        if trouble.error_code:
            self.send_header("X-Error-Code", trouble.error_code)
        if trouble.retry_after:
            self.send_header("Retry-After", trouble.retry_after)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _note(self, path: str) -> None:
        start = self._start() if self.headers.get("Range") else None
        headers = self.headers
        self.hub.asked.append(Asked(path, start, headers.get("Authorization"), headers.get("If-Range")))

    def _start(self) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "bytes=0-")
        assert found, self.headers["Range"]
        return int(found[1])
