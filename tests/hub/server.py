"""A small server on the loopback that answers like the Hugging Face Hub, and fails on demand.

What it imitates: model and data set information with sizes and sums, the tree in pages, and files with their headers
(`ETag`, `X-Repo-Commit`, `X-Linked-Size`, `X-Linked-Etag`), ranges and the redirect of large files.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LARGE = (".bin", ".safetensors", ".h5", ".onnx", ".parquet")
MAIN = "1" * 40


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request whose path holds the name under which it is filed.

    Attributes:
        status: answered instead of 200.
        headers: sent with that status.
        stall: nothing is ever answered.
        stall_after: the file stops after so many bytes, and the connection stays open.
        cut_after: the connection is closed after so many bytes of what was announced.
        short: so many bytes are announced and sent, as if the file were no longer.
        drip: seconds between the single bytes of the file.
        flip: the byte at this place is another one.
        body: sent instead of the answer.
        times: how often it happens; None for always.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stall: bool = False
    stall_after: int | None = None
    cut_after: int | None = None
    short: int | None = None
    drip: float | None = None
    flip: int | None = None
    body: bytes | None = None
    times: int | None = None


@dataclass(frozen=True)
class Repository:
    """Files of a repository at its one commit."""

    name: str
    kind: str
    commit: str
    files: dict[str, bytes]


def git_sum(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class HubServer:
    """`with HubServer() as hub: hub.add("owner/name", {"config.json": b"{}"})`; point HF_ENDPOINT at `hub.url`.

    `hub.requests` lists (method, path) of all requests; `hub.faults["pytorch_model.bin"] = Fault(status=503)` makes some
    fail; `page` is how many entries of a tree an answer holds. Large files are redirected to `hub.storage_url`.
    """

    def __init__(self, page: int = 3) -> None:
        self.page = page
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.faults: dict[str, Fault] = {}
        self.requests: list[tuple[str, str]] = []
        self.ranges: list[str] = []
        self.tokens: list[tuple[str, str | None]] = []
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"hub": self})
        # large files come from another host, as the real ones do
        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
        self.url, self.storage_url = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)

    def add(
        self, name: str, files: Mapping[str, bytes] | Path, commit: str = MAIN, repo_type: str = "model"
    ) -> Repository:
        """Serve a repository: a dict of path -> content, or a folder."""
        if isinstance(files, Path):
            found = [path for path in sorted(files.rglob("*")) if path.is_file()]
            files = {path.relative_to(files).as_posix(): path.read_bytes() for path in found}
        repository = Repository(name, f"{repo_type}s", commit, dict(files))
        self.repositories[repository.kind, name] = repository
        return repository

    def fault_of(self, path: str) -> Fault | None:
        """The fault filed under a part of the path, if it is still to happen."""
        for part, fault in self.faults.items():
            if part in path and fault.times != 0:
                if fault.times is not None:
                    self.faults[part] = Fault(**{**vars(fault), "times": fault.times - 1})
                return fault
        return None

    def __enter__(self) -> HubServer:
        for server in self._servers:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((self.command, path))
        self.hub.tokens.append((path, self.headers.get("Authorization")))
        if "Range" in self.headers:
            self.hub.ranges.append(self.headers["Range"])
        fault = self.hub.fault_of(path) or Fault()
        if fault.stall:
            self.hub.released.wait(60)
            self.close_connection = True
        elif fault.status is not None:
            self._send(fault.status, fault.body or b"", dict(fault.headers))
        elif fault.body is not None:
            self._send(200, fault.body, {"Content-Type": "text/html"})
        elif path == "/":
            self._send(200, b"hub")
        elif match := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/(revision|tree)/([^/]+)(?:/.*)?)?", path):
            self._information(*match.groups())
        elif match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve((match[1] or "models/")[:-1], match[2], match[3], match[4], fault)
        elif match := re.fullmatch(r"/storage/(models|datasets)/([^/]+/[^/]+)/(.+)", path):
            self._content(self.hub.repositories[match[1], match[2]].files[match[3]], {}, fault)
        else:
            self._missing("EntryNotFound")

    def _repository(self, kind: str, name: str, revision: str | None) -> Repository | None:
        found = self.hub.repositories.get((kind, name))
        if found is None:
            self._missing("RepoNotFound")
        elif revision not in (None, "main", found.commit):
            self._missing("RevisionNotFound")
            return None
        return found

    def _information(self, kind: str, name: str, what: str | None, revision: str | None) -> None:
        repository = self._repository(kind, name, revision)
        if repository is None:
            return
        entries = [_entry(path, content) for path, content in sorted(repository.files.items())]
        if what == "tree":
            return self._tree(entries)
        siblings = [{"rfilename": e["path"], "size": e["size"], "blobId": e["oid"]} for e in entries]
        for sibling, e in zip(siblings, entries, strict=True):
            if "lfs" in e:
                sibling["lfs"] = {"size": e["size"], "sha256": e["lfs"]["oid"], "pointerSize": 130}
        if "blobs" not in parse_qs(urlsplit(self.path).query):
            siblings = [{"rfilename": sibling["rfilename"]} for sibling in siblings]
        self._json({"id": name, "sha": repository.commit, "private": False, "siblings": siblings})

    def _tree(self, entries: list[dict[str, Any]]) -> None:
        start = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
        stop = start + self.hub.page
        address = f"{self.hub.url}{urlsplit(self.path).path}?recursive=True&cursor={stop}"
        self._json(entries[start:stop], {"Link": f'<{address}>; rel="next"'} if stop < len(entries) else {})

    def _resolve(self, kind: str, name: str, revision: str, path: str, fault: Fault) -> None:
        repository = self._repository(kind, name, revision)
        if repository is None:
            return
        if path not in repository.files:
            return self._missing("EntryNotFound", {"X-Repo-Commit": repository.commit})
        content, headers = repository.files[path], {"X-Repo-Commit": repository.commit}
        if not path.endswith(LARGE):
            return self._content(content, headers | {"ETag": f'"{git_sum(content)}"'}, fault)
        sha256 = hashlib.sha256(content).hexdigest()
        linked = {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{sha256}"'}
        self._send(302, b"", headers | linked | {"Location": f"{self.hub.storage_url}/storage/{kind}/{name}/{path}"})

    def _content(self, content: bytes, headers: dict[str, str], fault: Fault) -> None:
        if fault.flip is not None:
            content = content[: fault.flip] + bytes([content[fault.flip] ^ 0xFF]) + content[fault.flip + 1 :]
        start = int(match[1]) if (match := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))) else 0
        if start:
            headers = headers | {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        if fault.short is not None:
            content = content[: fault.short]
        self._send(206 if start else 200, content[start:], headers | {"Accept-Ranges": "bytes"}, fault)

    def _json(self, value: Any, headers: Mapping[str, str] | None = None) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"} | dict(headers or {}))

    def _missing(self, code: str, headers: Mapping[str, str] | None = None) -> None:
        self._send(404, b"", {"X-Error-Code": code, "X-Error-Message": code} | dict(headers or {}))

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, fault: Fault = Fault()) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        stop = fault.stall_after if fault.stall_after is not None else fault.cut_after
        try:
            for at in range(0 if fault.drip is None else len(body)):
                self.wfile.write(body[at : at + 1])
                if self.hub.released.wait(fault.drip):
                    break
            else:
                self.wfile.write(b"" if fault.drip is not None else body if stop is None else body[:stop])
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # who asked has hung up
        if stop is not None:
            if fault.stall_after is not None:
                self.hub.released.wait(60)
            self.close_connection = True


def _entry(path: str, content: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": git_sum(content)}
    if path.endswith(LARGE):
        entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return entry
