"""The ordinary Hugging Face cache, read and written as the client does, and a small record of what it ought to hold.

Layout of the cache: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from mindgap import paths
from mindgap.files import sha256_of, write_atomically
from mindgap.hub.listing import COMMIT, HubFile, Listing, check_file

_FORMAT = 1


def storage(repository: str, repo_type: str) -> Path:
    """The cache's folder for a repository."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    return Path(constants.HF_HUB_CACHE).expanduser() / repo_folder_name(repo_id=repository, repo_type=repo_type)


def lock_file(repository: str, repo_type: str) -> Path:
    """Held while a repository is fetched."""
    folder = storage(repository, repo_type)
    return folder.parent / ".locks" / folder.name / "mindgap.lock"


def blob_path(listing: Listing, file: HubFile) -> Path:
    """Where a file's contents lie, named by their sum."""
    return storage(listing.repository, listing.repo_type) / "blobs" / file.oid


def partial_path(blob: Path) -> Path:
    """Where contents lie that have arrived in part."""
    return blob.with_name(f"{blob.name}.mindgap.incomplete")


def snapshot_path(listing: Listing, file: HubFile) -> Path:
    """Where a file stands under its own name."""
    return storage(listing.repository, listing.repo_type) / "snapshots" / listing.commit / file.path


def link(listing: Listing, file: HubFile) -> None:
    """Put a file that has arrived under its own name: a link, or a copy where the disk knows no links."""
    blob, place = blob_path(listing, file), snapshot_path(listing, file)
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".writing-{uuid.uuid4().hex}")
    try:
        os.symlink(os.path.relpath(blob, place.parent), temporary)
    except OSError:
        shutil.copyfile(blob, temporary)
    temporary.replace(place)


def commit_of(repository: str, revision: str, repo_type: str) -> str | None:
    """The commit that a revision meant when it was last fetched; None where that is not known."""
    if COMMIT.fullmatch(revision):
        return revision
    try:
        commit = (storage(repository, repo_type) / "refs" / revision).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return commit if commit and Path(commit).name == commit else None


def write_reference(listing: Listing, revision: str, overwrite: bool) -> None:
    """Remember which commit a branch or tag means. An older one stays until the new commit is whole."""
    place = storage(listing.repository, listing.repo_type) / "refs" / revision
    if revision != listing.commit and (overwrite or not place.is_file()):
        write_atomically(place, listing.commit.encode())


def record_path(repository: str, commit: str, repo_type: str) -> Path:
    """The record of a repository at a commit; it stays true wherever the cache lies."""
    return paths.cache() / "hub" / f"{storage(repository, repo_type).name}--{commit}.json"


def write_record(listing: Listing) -> None:
    """Keep the listing, so that later it can be told without a network what is missing or damaged."""
    files = {file.path: {"size": file.size, "oid": file.oid} for file in listing.files}
    record = {"format": _FORMAT, "repository": listing.repository, "commit": listing.commit, "files": files}
    path = record_path(listing.repository, listing.commit, listing.repo_type)
    write_atomically(path, json.dumps(record, indent=1).encode())


def read_record(repository: str, commit: str, repo_type: str) -> Listing | None:
    """The listing that was kept; None where there is none that can be read."""
    try:
        record = json.loads(record_path(repository, commit, repo_type).read_text("utf-8"))
        if record["format"] != _FORMAT or record["repository"] != repository or record["commit"] != commit:
            return None
        files = tuple(check_file(HubFile(path, e["size"], e["oid"])) for path, e in record["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Listing(repository, commit, repo_type, files)


def has_size(path: Path, file: HubFile) -> bool:
    """Whether a file is there with the size it ought to have."""
    try:
        return path.is_file() and path.stat().st_size == file.size
    except OSError:
        return False


def is_whole(path: Path, file: HubFile) -> bool:
    """Whether a file is there and hashes to its sum."""
    return has_size(path, file) and sum_of(path, len(file.oid)) == file.oid


def sum_of(path: Path, digits: int) -> str:
    """The sum by which the cache names a file: SHA-256 (64 digits), or git's SHA-1 of it (40)."""
    if digits == 64:
        return sha256_of(path)
    stat = path.stat()
    return _git_sum(str(path), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1024)
def _git_sum(path: str, size: int, changed: int) -> str:
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def bytes_here(listing: Listing, file: HubFile) -> int:
    """How many bytes of a file are on this machine, from 0 to its size; sums are not looked at."""
    blob = blob_path(listing, file)
    if has_size(snapshot_path(listing, file), file) or has_size(blob, file):
        return file.size
    partial = partial_path(blob)
    return min(file.size, partial.stat().st_size) if partial.is_file() else 0


def whole_snapshot(repository: str, revision: str, repo_type: str, wanted: Callable[[str], bool]) -> Path | None:
    """The folder with all wanted files, each verified against the record; None where one is not whole."""
    commit = commit_of(repository, revision, repo_type)
    listing = read_record(repository, commit, repo_type) if commit else None
    if listing is None:
        return None
    files = [file for file in listing.files if wanted(file.path)]
    if not files or not all(is_whole(snapshot_path(listing, file), file) for file in files):
        return None
    return storage(repository, repo_type) / "snapshots" / listing.commit
