"""The data sets of the paper's authors on the Hugging Face Hub, as pairs: `--data paper`.

Nothing is downloaded here: the files are taken from a folder that a locator names, the Hub's local cache unless another
is given. Names of repositories, the columns of the translations and the 250 rows of the test follow the authors' public
scripts (arXiv 2410.23437).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mindgap.errors import CallerError, Unavailable
from mindgap.registry import Registry
from mindgap.tasks.columns import Candidates, Columns, choose_columns, report
from mindgap.tasks.tables import FORMATS, read_columns, split_files, text_columns
from mindgap.text import printable
from mindgap.types import Pair

REVISION = "main"
TEST_ROWS = 250
SPLIT_SEED = 42
"""Of the split that holds a test back where a data set has none; always the same, so that training never sees it."""

MOST_HELD_OUT = 0.3
CURE = "run `python -m mindgap download --data paper`"


@dataclass(frozen=True)
class PaperData:
    """What the authors trained and tested on for one task.

    Attributes:
        name: the task.
        train, test: data set repositories of the Hub; without a `test` one, a test is taken from `train`.
        columns: as the authors' scripts name them; None where they are not known.
        candidates: names that the columns may have.
    """

    name: str
    train: str
    test: str | None
    columns: Columns | None
    candidates: Candidates

    @property
    def repositories(self) -> tuple[str, ...]:
        """Everything to download."""
        return (self.train, self.test) if self.test else (self.train,)


@dataclass(frozen=True)
class PaperPairs:
    """Pairs in the order of the rows; `notes` say in sentences what was found and left out, `source` where it is from.

    `Pair.line` is the row, from 1.
    """

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]
    source: str


Locate = Callable[[str], Path]
"""Repository of a data set -> the folder with its files, named after the commit. Raises Unavailable."""

DATASETS: Registry[PaperData] = Registry("data set of the paper")
DATASETS.register(
    PaperData(
        name="english-french",
        train="aircrypto/English-French-Translations-Train-Large",
        test="aircrypto/English-French-Translations-Test",
        columns=Columns("english", "french", "label"),
        candidates=Candidates(("english", "en", "eng", "source"), ("french", "fr", "fra", "target")),
    )
)
DATASETS.register(
    PaperData(
        name="pseudocode-c",
        train="aircrypto/GitHub-C-Code-Pseudocode-C-Py-New-v3",
        test=None,
        columns=None,
        candidates=Candidates(
            ("pseudocode", "pseudo_code", "pseudo", "pseudocode_text", "generated_pseudocode", "description"),
            ("c_code", "code_c", "ccode", "c", "c_source", "source_code", "code", "content"),
        ),
    )
)


def is_wanted(path: str) -> bool:
    """Whether a file of a data set's repository is read, or worth keeping beside what is read."""
    return path.lower().endswith(FORMATS) or path == "README.md"


def cached_folder(repository: str) -> Path:
    """The folder of a data set in the Hub's local cache, named after its commit. Raises Unavailable with the cure."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, repo_type="dataset", revision=REVISION, local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError):
        raise Unavailable(
            f"The data set {repository} has not been downloaded to this machine", f"with a network, {CURE}"
        ) from None


def paper_test(task: str, locate: Locate = cached_folder, columns: Columns | None = None) -> PaperPairs:
    """The test of the paper: its first 250 rows, label 0 included (their documents belong to the gallery).

    Where there is no test set nor a test split, 250 rows (at most 30 %) of the training data, always the same ones.

    Raises:
        CallerError: unknown task, columns that cannot be told apart, a label that is neither 1 nor 0.
        Unavailable: files that are not there or cannot be read.
    """
    data = DATASETS.get(task)
    test = _own_test(data, locate, columns)
    return test if test is not None else _split_off(data, locate, columns)[0]


def paper_train(task: str, locate: Locate = cached_folder, columns: Columns | None = None) -> PaperPairs:
    """The training data of the paper without the rows that share a text with the test. Raises as `paper_test` does."""
    data = DATASETS.get(task)
    test = _own_test(data, locate, columns)
    if test is None:
        return _split_off(data, locate, columns)[1]
    return _without(_read(data, data.train, "train", locate, columns), test)


def _own_test(data: PaperData, locate: Locate, columns: Columns | None) -> PaperPairs | None:
    """The first rows of the test repository or of the training repository's test split; None where there is neither."""
    if data.test is not None:
        return _read(data, data.test, "test", locate, columns, TEST_ROWS)
    if "test" in split_files(locate(data.train)):
        return _read(data, data.train, "test", locate, columns, TEST_ROWS)
    return None


def _split_off(data: PaperData, locate: Locate, columns: Columns | None) -> tuple[PaperPairs, PaperPairs]:
    """A test drawn from the training data, and the rest of it."""
    rows = _read(data, data.train, "train", locate, columns)
    count = min(TEST_ROWS, int(MOST_HELD_OUT * len(rows.pairs)))
    if not count:
        raise CallerError(f"{rows.source} has {len(rows.pairs)} rows, too few to hold a test back from.")
    chosen = set(np.random.default_rng(SPLIT_SEED).permutation(len(rows.pairs))[:count].tolist())
    note = (
        f"{data.train} has no test set: {count:,} of its {len(rows.pairs):,} rows, "
        f"drawn with seed {SPLIT_SEED}, are held back as the test"
    )
    held = PaperPairs(tuple(p for i, p in enumerate(rows.pairs) if i in chosen), (*rows.notes, note), rows.source)
    rest = PaperPairs(tuple(p for i, p in enumerate(rows.pairs) if i not in chosen), (*rows.notes, note), rows.source)
    return held, _without(rest, held)


def _without(train: PaperPairs, test: PaperPairs) -> PaperPairs:
    """`train` without the rows whose query or document the test has: they would be known before they are asked."""
    queries, documents = {pair.query for pair in test.pairs}, {pair.document for pair in test.pairs}
    kept = tuple(p for p in train.pairs if p.query not in queries and p.document not in documents)
    left_out = len(train.pairs) - len(kept)
    note = (f"{left_out:,} rows share a query or a document with the test and are left out of training",)
    return PaperPairs(kept, train.notes + note * (left_out > 0), train.source)


def _read(
    data: PaperData, repository: str, split: str, locate: Locate, asked: Columns | None, limit: int | None = None
) -> PaperPairs:
    """The rows of a split; a repository without that split has all its rows in its first one."""
    folder = locate(repository)
    files = split_files(folder)
    if not files:
        raise Unavailable(f"The data set {repository} in {folder} has no file of rows", CURE)
    chosen = files.get(split) or files.get("train") or next(iter(files.values()))
    found = text_columns(chosen, CURE)
    columns = choose_columns(found, repository, data.columns, data.candidates, asked)
    names = [name for name in (columns.query, columns.document, columns.label) if name is not None]
    values = read_columns(chosen, names, CURE, limit)
    pairs, empty = _pairs(values, columns, repository)
    source = f"{repository} at {folder.name[:12]}"
    notes = [f"{source}: {report(found, columns)}"]
    if empty:
        notes.append(f"{repository}: {empty:,} row{'s' * (empty > 1)} without a query or a document left out")
    if not pairs:
        raise CallerError(f"{source} has no row with both a {columns.query} and a {columns.document}.")
    return PaperPairs(tuple(pairs), tuple(notes), source)


def _pairs(values: dict[str, list[Any]], columns: Columns, repository: str) -> tuple[list[Pair], int]:
    """Pairs, and how many rows had an empty text."""
    labels = values[columns.label] if columns.label else None
    pairs, empty = [], 0
    for row, (query, document) in enumerate(zip(values[columns.query], values[columns.document], strict=True), 1):
        query, document = _text(query).strip(), _text(document).strip("\n").rstrip()
        if not query or not document:
            empty += 1
            continue
        label = 1 if labels is None else _label(labels[row - 1], row, columns, repository)
        pairs.append(Pair(f"row-{row}", query, document, label=label, line=row))
    return pairs, empty


def _text(value: object) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else ""


def _label(value: object, row: int, columns: Columns, repository: str) -> int:
    if value is None or value == "":
        return 1
    if isinstance(value, str):
        value = {"true": 1, "false": 0, "1": 1, "0": 0, "1.0": 1, "0.0": 0}.get(value.strip().lower(), value)
    if isinstance(value, bool | int | float) and value in (0, 1):
        return int(value)
    raise CallerError(
        f"Row {row} of {repository} has {printable(value, 20)!r} in the column {columns.label}, neither 1 nor 0: "
        f"name another label, or none, with --columns query={columns.query},document={columns.document}."
    )
