"""What a repository of the Hub holds: asked in one short request, without retries."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from mindgap import __version__
from mindgap.errors import CallerError, Unavailable
from mindgap.hub.faults import as_sentences, host_of, offline, refuse_status, session
from mindgap.hub.watch import guarded, patience

COMMIT = re.compile(r"[0-9a-f]{40}")
REPO_TYPES = ("model", "dataset")
_PROBE_SECONDS = 5.0
_LONGEST_NAME = 255
"""Bytes of one part of a path; ordinary file systems take no more."""
_LONGEST_PATH = 1000


@dataclass(frozen=True)
class HubFile:
    """A file of a repository.

    Attributes:
        path: inside the repository, with "/".
        size: bytes.
        oid: what its contents hash to: SHA-256 (64 digits) of a large file, git's SHA-1 (40 digits) of a small one. The
            client's cache names the file by it.
    """

    path: str
    size: int
    oid: str


@dataclass(frozen=True)
class Listing:
    """The files of a repository at one commit (40 hexadecimal digits)."""

    repository: str
    commit: str
    repo_type: str
    files: tuple[HubFile, ...]

    @property
    def shown(self) -> str:
        """As sentences name it."""
        return shown(self.repository, self.repo_type)


def shown(repository: str, repo_type: str) -> str:
    """A repository as sentences name it."""
    return f"the data set {repository}" if repo_type == "dataset" else repository


def endpoint() -> str:
    """The Hub's address: HF_ENDPOINT, else the public one."""
    from huggingface_hub import constants

    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def headers() -> dict[str, str]:
    """Sent with each request: who asks, and the reader's token where there is one.

    Raises Unavailable for a token that no header can hold.
    """
    from huggingface_hub import get_token

    token = get_token()
    if token and not (token.isascii() and token.isprintable()):
        reason = "HF_TOKEN, or the token that `hf auth login` keeps, holds characters that no token has"
        raise Unavailable(reason, "correct or unset it.")
    return {"User-Agent": f"mindgap/{__version__}"} | ({"Authorization": f"Bearer {token}"} if token else {})


def require_online(what: str) -> None:
    """Raises Unavailable where HF_HUB_OFFLINE is set."""
    from huggingface_hub import constants

    if constants.is_offline_mode() or os.environ.get("HF_HUB_OFFLINE", "").upper() in constants.ENV_VARS_TRUE_VALUES:
        raise offline(what)


def check_name(repository: str, revision: str, repo_type: str) -> None:
    """Raises CallerError for what cannot be a repository, a revision or a kind of repository."""
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(repository)
    except HFValidationError:
        raise CallerError(f"{repository[:60]!r} is no name of a repository; write owner/name.") from None
    if not re.fullmatch(r"[\w.\-]+", revision):
        raise CallerError(f"{revision[:60]!r} is no revision; name a branch, a tag or a commit.")
    if repo_type not in REPO_TYPES:
        raise CallerError(f"{repo_type!r} is no kind of repository; it must be one of {', '.join(REPO_TYPES)}.")


def probe() -> None:
    """Ask the Hub for a sign of life. Any answer will do. Raises Unavailable within a few seconds."""
    require_online("anything")
    url, seconds = endpoint(), min(_PROBE_SECONDS, patience())
    with as_sentences("the list of files", url, seconds):
        guarded(lambda _: session().head(url, headers=headers(), timeout=seconds), seconds)


def list_files(repository: str, revision: str, repo_type: str = "model") -> Listing:
    """The files of a repository at a revision, with sizes and sums.

    Raises:
        CallerError: no such name can exist.
        Unavailable: one sentence, within about MINDGAP_HUB_TIMEOUT seconds.
    """
    check_name(repository, revision, repo_type)
    what = shown(repository, repo_type) + (f" at revision {revision[:12]}" if revision != "main" else "")
    require_online(what)
    url, seconds = endpoint(), patience()
    host = host_of(url)
    with as_sentences(what, url, seconds):
        answer = guarded(lambda _: _ask(repository, revision, repo_type, url, seconds), seconds)
        refuse_status(answer, what, host)
    try:
        return _read(answer.json(), repository, revision, repo_type)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        reason = f"{host} answered for {what} with something that is no list of files"
        raise Unavailable(reason, "check HF_ENDPOINT, and whether the network first wants a log-in page.") from None


def _ask(repository: str, revision: str, repo_type: str, url: str, seconds: float) -> Any:
    address = f"{url}/api/{repo_type}s/{repository}/revision/{quote(revision, safe='')}"
    # HfApi would ask the same, but first fetches another list for its user agent, with a timeout of its own
    return session().get(address, params={"blobs": True}, headers=headers(), timeout=seconds)


def _read(answer: dict[str, Any], repository: str, revision: str, repo_type: str) -> Listing:
    commit = answer["sha"]
    if not COMMIT.fullmatch(commit) or (COMMIT.fullmatch(revision) and commit != revision):
        raise ValueError("another revision")
    files = []
    for entry in answer["siblings"]:
        lfs = entry.get("lfs") or {}
        file = HubFile(entry["rfilename"], int(lfs.get("size", entry["size"])), lfs.get("sha256") or entry["blobId"])
        files.append(check_file(file))
    return Listing(repository, commit, repo_type, tuple(files))


def check_file(file: HubFile) -> HubFile:
    """The file itself.

    Raises ValueError for a path that leads out of a folder, that no disk takes or no terminal prints, for a size beyond
    2^63 bytes, and for sums that are none.
    """
    path = PurePosixPath(file.path)
    if not file.path.isprintable() or len(file.path) > _LONGEST_PATH:
        raise ValueError("a path")
    outside = path.is_absolute() or ".." in path.parts or "\\" in file.path or ":" in file.path or not path.parts
    too_long = any(len(part.encode()) > _LONGEST_NAME for part in path.parts)
    if outside or too_long or not 0 <= file.size < 1 << 63 or not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", file.oid):
        raise ValueError(file.path)
    return file
