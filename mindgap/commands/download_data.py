"""download --data paper: the data sets of the paper's authors, from the Hugging Face Hub."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mindgap.commands.base import print_json, print_table, say
from mindgap.commands.paper_source import REPO_TYPE, data_folder
from mindgap.errors import CallerError, Unavailable
from mindgap.tasks.paper_data import DATASETS, REVISION, is_wanted


@dataclass
class _Row:
    """What becomes of one data set while the command runs."""

    task: str
    repository: str
    commit: str | None = None
    bytes_total: int | None = None
    bytes_here: int = 0
    folder: Path | None = None
    error: str | None = None

    @property
    def shown(self) -> str:
        return self.repository

    def to_json(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "repository": self.repository,
            "revision": REVISION,
            "commit": self.commit,
            "bytes": self.bytes_total,
            "bytes_here": self.bytes_here,
            "folder": str(self.folder) if self.folder else None,
            "error": self.error,
        }


def download_data(asked: argparse.Namespace) -> int:
    """Fetch what is not here, the sizes said first; returns the exit status.

    Raises CallerError beside an option that chooses models.
    """
    if asked.preset or asked.retriever or asked.model:
        raise CallerError("--data fetches data sets alone; ask for models in a second `download`.")
    from mindgap.commands.download import is_alive, one_by_one

    rows = [_Row(data.name, repository) for data in DATASETS for repository in data.repositories]
    _look(rows)
    _plan([row for row in rows if row.folder is None])
    if not asked.json:
        _print_plan(rows)
    if not asked.dry_run:
        one_by_one([row for row in rows if row.folder is None and not row.error], _fetch, is_alive)
    if asked.json:
        print_json({"data": [row.to_json() for row in rows]})
    return 1 if any(row.error for row in rows) else 0


def _look(rows: list[_Row]) -> None:
    for row in rows:
        try:
            row.folder = data_folder(row.repository)
        except Unavailable:
            continue
        _found(row, row.folder)


def _found(row: _Row, folder: Path) -> None:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file() and is_wanted(path.name)]
    row.folder, row.commit = folder, folder.name
    row.bytes_total = row.bytes_here = sum(sizes)


def _plan(rows: list[_Row]) -> None:
    """Ask the Hub for the sizes of what is not here; a Hub that gives no sign of life is asked only once."""
    from mindgap.commands.download import is_reached, one_by_one
    from mindgap.hub import cache
    from mindgap.hub.listing import list_files

    def ask(row: _Row) -> None:
        listing = list_files(row.repository, REVISION, REPO_TYPE)
        files = [file for file in listing.files if is_wanted(file.path)]
        row.commit, row.bytes_total = listing.commit, sum(file.size for file in files)
        row.bytes_here = sum(cache.bytes_here(listing, file) for file in files)

    if rows and is_reached(rows):
        one_by_one(rows, ask, lambda: False)


def _fetch(row: _Row) -> None:
    from mindgap.commands.download import _bytes_bar
    from mindgap.hub.fetch import fetch_files

    bar = _bytes_bar(row.repository)
    _found(row, fetch_files(row.repository, REVISION, REPO_TYPE, is_wanted, bar))
    say(f"{row.repository}: {row.folder}")


def _print_plan(rows: list[_Row]) -> None:
    from mindgap.commands.download import megabytes

    cells = [
        (row.task, row.repository, (row.commit or "unknown")[:12], *map(megabytes, (row.bytes_total, row.bytes_here)))
        for row in rows
    ]
    print_table(cells, ("task", "repository", "commit", "size", "here"))
    missing = sum((row.bytes_total or 0) - row.bytes_here for row in rows)
    if all(row.folder for row in rows):
        print("Everything is here.")
    elif any(row.bytes_total is None for row in rows):
        print(f"To fetch: {megabytes(missing)} and what is of unknown size.")
    else:
        print(f"To fetch: {megabytes(missing)}.")
