"""Fetching files of a repository into the ordinary Hugging Face cache, and finding them there without a network."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from mindgap.errors import Unavailable
from mindgap.hub import cache
from mindgap.hub.faults import AGAIN, as_sentences, tidy
from mindgap.hub.listing import HubFile, Listing, check_name, endpoint, list_files, require_online, shown
from mindgap.hub.transfer import Transfer
from mindgap.hub.watch import LEAST_SPEED, guarded, patience

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""
_ATTEMPTS = 3


def fetch_files(
    repository: str,
    revision: str,
    repo_type: str = "model",
    wanted: Callable[[str], bool] = lambda path: True,
    progress: Progress | None = None,
) -> Path:
    """Bring the wanted files of a repository to this machine and return the folder of the snapshot that holds them.

    Where all of them are here already, no request is made. A file that arrived in part goes on where it stopped; each
    is verified by size and sum before it takes its place.

    Args:
        repository: "owner/name".
        revision: a commit (40 hexadecimal digits), a branch or a tag.
        repo_type: "model" or "dataset".
        wanted: says of a path inside the repository whether it is to be fetched.
        progress: called with (bytes done, bytes in all), from another thread. What it raises ends the download.

    Raises:
        CallerError: no such name can exist.
        Unavailable: one sentence with the cause and what to do, within about MINDGAP_HUB_TIMEOUT seconds of the fault.
    """
    check_name(repository, revision, repo_type)
    if found := cache.whole_snapshot(repository, revision, repo_type, wanted):
        return found
    listing = list_files(repository, revision, repo_type)
    return fetch(listing, [file for file in listing.files if wanted(file.path)], revision, progress)


def find_files(
    repository: str,
    revision: str,
    repo_type: str = "model",
    wanted: Callable[[str], bool] = lambda path: True,
    cure: str = "fetch it first.",
) -> Path:
    """The folder that `fetch_files` returned earlier, without any request. Arguments as there.

    Raises Unavailable with `cure` where a wanted file is missing or damaged.
    """
    check_name(repository, revision, repo_type)
    if found := cache.whole_snapshot(repository, revision, repo_type, wanted):
        return found
    raise Unavailable(f"{shown(repository, repo_type)} is not, or not whole, on this machine", cure)


def fetch(listing: Listing, files: Sequence[HubFile], revision: str, progress: Progress | None = None) -> Path:
    """As `fetch_files`, for files that are known already."""
    from filelock import Timeout
    from huggingface_hub.utils import WeakFileLock

    if not files:
        raise Unavailable(f"{listing.shown} holds none of the files that are needed", "check the name.")
    require_online(listing.shown)
    seconds, storage = patience(), cache.storage(listing.repository, listing.repo_type)
    with as_sentences(listing.shown, endpoint(), seconds):
        cache.write_record(listing)
        cache.write_reference(listing, revision, overwrite=False)
        lock = cache.lock_file(listing.repository, listing.repo_type)
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with WeakFileLock(lock, timeout=0.2):
                _fetch_all(listing, files, seconds, progress)
        except Timeout:
            raise Unavailable(f"{listing.shown} is being fetched by another program", "wait for it to end.") from None
        cache.write_reference(listing, revision, overwrite=True)
    return storage / "snapshots" / listing.commit


def _fetch_all(listing: Listing, files: Sequence[HubFile], seconds: float, progress: Progress | None) -> None:
    total, done = sum(file.size for file in files), 0
    for file in files:
        what = f"{tidy(file.path)} of {listing.shown}"

        def report(bytes_of_file: int, before: int = done) -> None:
            if progress:
                progress(before + bytes_of_file, total)

        with as_sentences(what, endpoint(), seconds):
            if not cache.is_whole(cache.snapshot_path(listing, file), file):
                _fetch_file(listing, file, what, seconds, report)
                cache.link(listing, file)
        done += file.size
        report(file.size, done - file.size)


def _fetch_file(listing: Listing, file: HubFile, what: str, seconds: float, report: Callable[[int], None]) -> None:
    """The file's contents under its sum in the cache, verified. Raises Unavailable where they cannot be had."""
    blob = cache.blob_path(listing, file)
    if cache.is_whole(blob, file):
        return
    blob.parent.mkdir(parents=True, exist_ok=True)
    partial = cache.partial_path(blob)
    if shutil.disk_usage(blob.parent).free < file.size - (partial.stat().st_size if partial.is_file() else 0):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(blob.parent))
    before = -1
    for _ in range(_ATTEMPTS):
        transfer = Transfer(listing, file, what, partial, seconds, report)
        digest = guarded(transfer.run, seconds, int(LEAST_SPEED * seconds))
        if digest == file.oid:
            partial.replace(blob)
            return
        if digest is not None:
            partial.unlink(missing_ok=True)
            if not transfer.resumed:
                reason = f"{what} arrived damaged (its sum is not the one the Hub lists) and was thrown away"
                raise Unavailable(reason, AGAIN)
        elif transfer.arrived <= before:
            break  # a connection that broke is taken up again only as long as each attempt brings something
        else:
            before = transfer.arrived
    broke = f"{what} broke off after {transfer.arrived:,} of {file.size:,} bytes"
    raise Unavailable(broke, "run the same command again; it goes on from there.")
