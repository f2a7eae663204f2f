"""--data paper: the authors' data sets in the place of the project's own, for the commands that read pairs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mindgap.errors import CallerError
from mindgap.tasks import TASKS

if TYPE_CHECKING:
    from mindgap.tasks.paper_data import PaperPairs

SOURCES = ("own", "paper")
REPO_TYPE = "dataset"


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data and --columns."""
    parser.add_argument(
        "--data",
        choices=SOURCES,
        default=SOURCES[0],
        help="own: this project's pairs (default); paper: the data sets of the paper's authors, once downloaded",
    )
    parser.add_argument(
        "--columns",
        metavar="query=A,document=B,label=C",
        help="with --data paper: the columns to take, where they cannot be told apart",
    )


def paper_pairs(asked: argparse.Namespace, train: bool = False) -> PaperPairs | None:
    """The authors' test, or training pairs, for the task asked for; None without --data paper.

    Raises CallerError for --columns without --data paper, and for --data paper without --task or with --pairs; and as
    `mindgap.tasks.paper_data.paper_test` does.
    """
    if asked.data != "paper":
        if asked.columns:
            raise CallerError("--columns names the columns of the authors' data; add --data paper.")
        return None
    if asked.pairs:
        raise CallerError("--pairs and --data paper are two sources of pairs; leave one of them out.")
    if not asked.task:
        raise CallerError(f"--data paper needs --task, one of: {', '.join(TASKS.names())}.")
    from mindgap.tasks.columns import parse_columns
    from mindgap.tasks.paper_data import paper_test, paper_train

    columns = parse_columns(asked.columns) if asked.columns else None
    task = TASKS.get(asked.task).name
    return (paper_train if train else paper_test)(task, data_folder, columns)


def data_folder(repository: str) -> Path:
    """The verified folder of a data set in the Hub's cache, named after its commit.

    Raises Unavailable with the cure where it is not there, or not whole.
    """
    from mindgap.hub import cache
    from mindgap.hub.fetch import find_files
    from mindgap.tasks.paper_data import CURE, REVISION, cached_folder, is_wanted

    commit = cache.commit_of(repository, REVISION, REPO_TYPE)
    if commit and cache.read_record(repository, commit, REPO_TYPE):
        return find_files(repository, REVISION, REPO_TYPE, is_wanted, f"with a network, {CURE}")
    # nothing fetched here: perhaps another program has
    return cached_folder(repository)
