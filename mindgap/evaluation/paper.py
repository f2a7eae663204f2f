"""Tables 1 to 6 as Yadav and McMillan (2024) printed them, and what their own figures give for tables 5 and 6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mindgap.evaluation.metrics import harmonic_mean

PAPER_ROWS = {
    "bm25": "BM25 Model",
    "dpr": "DPR Model",
    "codebert": "CodeBERT w/o Projection",
    "sentence-transformer": "Sentence Transformer",
    "projection": "Projection Model (Ours)",
}
"""Retriever -> the paper's name for its row. Other retrievers are not in the paper."""

GALLERY = 250
"""Documents that the authors' scripts test on. The text says 1,000 pairs; every printed accuracy is n / 250."""


@dataclass(frozen=True)
class Column:
    """A column of a table; the paper prints it with so many `digits` after the point."""

    key: str
    label: str
    digits: int


QUALITY = (
    Column("accuracy", "Accuracy", 4),
    Column("precision", "Precision", 4),
    Column("recall", "Recall", 4),
    Column("f1", "F1-Score", 4),
)
SPEED = (Column("latency_s", "Avg Time (s)", 4), Column("queries_per_second", "Throughput (Queries/s)", 2))
BALANCE = (Column("harmonic_mean", "Harmonic Mean", 4),)


@dataclass(frozen=True)
class PaperTable:
    """One table. `published` has for each retriever of PAPER_ROWS the printed value of each column, in order."""

    number: int
    title: str
    task: str
    units: str
    columns: tuple[Column, ...]
    published: Mapping[str, tuple[float, ...]]

    def value(self, retriever: str, key: str) -> float | None:
        """What the paper prints, None for a retriever that is not in it."""
        row = self.published.get(retriever)
        return None if row is None else row[[column.key for column in self.columns].index(key)]


_SHARES = "Shares from 0 to 1; precision, recall and F1 are weighted averages with the document as the class."
_TIMES = "Seconds for one query, and queries in one second."
_MEANS = "2 F q / (F + q) of the F1-score F and the throughput q in queries per second."

TABLES = (
    PaperTable(
        1,
        "Evaluation Metrics for English to French Projection",
        "english-french",
        _SHARES,
        QUALITY,
        {
            "bm25": (0.6800, 0.6552, 0.6800, 0.6591),
            "dpr": (0.6400, 0.5464, 0.6400, 0.5693),
            "codebert": (0.1640, 0.0997, 0.1640, 0.1102),
            "sentence-transformer": (0.9280, 0.8933, 0.9280, 0.9047),
            "projection": (0.9720, 0.9620, 0.9720, 0.9653),
        },
    ),
    PaperTable(
        2,
        "Evaluation Metrics for Code to Pseudocode Projection",
        "pseudocode-c",
        _SHARES,
        QUALITY,
        {
            "bm25": (0.0320, 0.0320, 0.0320, 0.0320),
            "dpr": (0.3840, 0.3095, 0.3840, 0.3252),
            "codebert": (0.0000, 0.0000, 0.0000, 0.0000),
            "sentence-transformer": (0.7840, 0.7247, 0.7840, 0.7432),
            "projection": (0.7840, 0.7243, 0.7840, 0.7427),
        },
    ),
    PaperTable(
        3,
        "Latency and Throughput for English to French Projection",
        "english-french",
        _TIMES,
        SPEED,
        {
            "bm25": (0.0014, 714.29),
            "dpr": (0.0409, 24.45),
            "codebert": (0.0415, 24.10),
            "sentence-transformer": (0.0482, 20.75),
            "projection": (0.0420, 23.81),
        },
    ),
    PaperTable(
        4,
        "Latency and Throughput for Code to Pseudocode Projection",
        "pseudocode-c",
        _TIMES,
        SPEED,
        {
            "bm25": (0.0148, 67.57),
            "dpr": (0.0590, 16.95),
            "codebert": (0.0595, 16.81),
            "sentence-transformer": (0.0627, 15.95),
            "projection": (0.0587, 17.04),
        },
    ),
    PaperTable(
        5,
        "Harmonic Mean for English to French Projection",
        "english-french",
        _MEANS,
        BALANCE,
        {
            "bm25": (1.3116,),
            "dpr": (1.1098,),
            "codebert": (0.2195,),
            "sentence-transformer": (1.6822,),
            "projection": (1.8706,),
        },
    ),
    PaperTable(
        6,
        "Harmonic Mean for Code to Pseudocode Projection",
        "pseudocode-c",
        _MEANS,
        BALANCE,
        {
            "bm25": (0.0640,),
            "dpr": (0.6382,),
            "codebert": (0.0000,),
            "sentence-transformer": (1.4202,),
            "projection": (1.4233,),
        },
    ),
)


@dataclass(frozen=True)
class Contradiction:
    """A printed harmonic mean that the paper's printed F1 and throughput cannot give."""

    retriever: str
    published: float
    computed: float
    f1: float
    queries_per_second: float


def computed(table: PaperTable, retriever: str, key: str) -> float | None:
    """What the paper's own formula gives from its printed F1 and throughput.

    None for what is no harmonic mean, and for a retriever that is not in the paper.
    """
    if key != "harmonic_mean" or retriever not in table.published:
        return None
    return harmonic_mean(*_parts(table.task, retriever))


def contradictions(table: PaperTable) -> list[Contradiction]:
    """The cells of table 5 or 6 that differ from the formula by more than the rounding of all three figures."""
    found = []
    for retriever, (published, *_) in table.published.items():
        value = computed(table, retriever, table.columns[0].key)
        if value is None:
            continue
        f1, throughput = _parts(table.task, retriever)
        f1_half, throughput_half = _half_unit(QUALITY[3]), _half_unit(SPEED[1])
        # the formula grows with both, so the corners bound it
        low = harmonic_mean(max(0.0, f1 - f1_half), throughput - throughput_half)
        high = harmonic_mean(f1 + f1_half, throughput + throughput_half)
        half = _half_unit(table.columns[0])
        if not low - half <= published <= high + half:
            found.append(Contradiction(retriever, published, value, f1, throughput))
    return found


def _parts(task: str, retriever: str) -> tuple[float, float]:
    """The printed F1 and throughput of a retriever on a task."""
    printed = {c.key: t.value(retriever, c.key) for t in TABLES if t.task == task for c in t.columns}
    f1, throughput = printed["f1"], printed["queries_per_second"]
    assert f1 is not None
    assert throughput is not None
    return f1, throughput


def _half_unit(column: Column) -> float:
    """Half a unit of the last printed digit: how far a printed figure may lie from what it stands for."""
    return 0.5 * 10.0**-column.digits
