"""One file over the wire, into a partial file that a later transfer takes up.

Own code streams it because the client's downloader throws away what has arrived when it fails, retries for minutes and
starts again from nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from mindgap.errors import Unavailable
from mindgap.hub.faults import AGAIN, host_of, refuse_status, session
from mindgap.hub.listing import HubFile, Listing, endpoint, headers
from mindgap.hub.watch import Beat

_BLOCK = 1 << 20


class Transfer:
    """One request for what is missing of one file."""

    def __init__(
        self, listing: Listing, file: HubFile, what: str, partial: Path, seconds: float, report: Callable[[int], None]
    ) -> None:
        self.listing, self.file, self.what, self.partial = listing, file, what, partial
        self.seconds, self.report = seconds, report
        self.arrived = 0
        self.resumed = False

    def run(self, beat: Beat) -> str | None:
        """The sum of the whole file; None where the connection ended before the file did."""
        with open(self.partial, "a+b") as target:
            digest = self._digest_so_far(target, beat)
            if self.arrived < self.file.size:
                digest = self._receive(target, digest, beat)
        return digest.hexdigest() if self.arrived >= self.file.size else None

    def _digest_so_far(self, target: BinaryIO, beat: Beat) -> Any:
        digest = self._new_digest()
        target.seek(0)
        while block := target.read(_BLOCK):
            digest.update(block)
            self.arrived += len(block)
            beat(len(block))
        self.resumed = 0 < self.arrived <= self.file.size
        return self._start_again(target) if self.arrived > self.file.size else digest

    def _new_digest(self) -> Any:
        if len(self.file.oid) == 64:
            return hashlib.sha256()
        # git's sum of a file: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
        return hashlib.sha1(b"blob %d\0" % self.file.size, usedforsecurity=False)

    def _start_again(self, target: BinaryIO) -> Any:
        target.seek(0)
        target.truncate()
        self.arrived = 0
        return self._new_digest()

    def _receive(self, target: BinaryIO, digest: Any, beat: Beat) -> Any:
        import httpx2
        from huggingface_hub import hf_hub_url

        listing, url = self.listing, endpoint()
        address = hf_hub_url(
            listing.repository, self.file.path, repo_type=listing.repo_type, revision=listing.commit, endpoint=url
        )
        asked = headers() | {"Accept-Encoding": "identity"}
        if self.resumed:
            asked["Range"] = f"bytes={self.arrived}-"
        with session().stream("GET", address, headers=asked, timeout=self.seconds, follow_redirects=True) as response:
            if response.status_code == 416:
                return self._start_again(target)
            host = host_of(str(response.url))
            refuse_status(response, self.what, host)
            self._require_size(response, host)
            if self.resumed and response.status_code != 206:
                digest = self._start_again(target)
            try:
                for block in response.iter_bytes():
                    target.write(block)
                    digest.update(block)
                    self.arrived += len(block)
                    beat(len(block))
                    self.report(min(self.arrived, self.file.size))
                    if self.arrived > self.file.size:
                        break
            except (httpx2.RemoteProtocolError, httpx2.ReadError):
                pass  # what has arrived is kept, and the caller sees that it is not all
        return digest

    def _require_size(self, response: Any, host: str) -> None:
        """Raises Unavailable where something else is sent than the list says, such as a page to log in."""
        announced = response.headers.get("Content-Range", "").rpartition("/")[2]
        if response.status_code == 200 and response.headers.get("Content-Encoding", "identity") == "identity":
            announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) != self.file.size:
            reason = f"{self.what} is {int(announced):,} bytes long at {host}, where the list says {self.file.size:,}"
            raise Unavailable(reason, f"if a proxy or a log-in page is not the cause, {AGAIN}")
