"""Measures of retrieval over the ranked places of each query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ranked = npt.NDArray[np.int64]
"""(queries, k): places of documents, best first."""
Golds = Sequence[Sequence[int]]
"""For each query the places of the documents that answer it, at least one."""


def accuracy_at_1(ranked: Ranked, golds: Golds) -> float:
    """Share of queries whose first document is a gold one; 0 to 1."""
    return float(np.mean([row[0] in gold for row, gold in zip(ranked, golds, strict=True)]))


def weighted_precision_recall_f1(ranked: Ranked, golds: Golds) -> tuple[float, float, float]:
    """scikit-learn's weighted averages with the document as the class, as in the paper; recall equals accuracy.

    A query with several gold documents belongs to the class of the one that was found first, else of its first gold.
    """
    from sklearn.metrics import precision_recall_fscore_support

    predicted = [int(row[0]) for row in ranked]
    true = [p if p in gold else gold[0] for p, gold in zip(predicted, golds, strict=True)]
    precision, recall, f1, _ = precision_recall_fscore_support(true, predicted, average="weighted", zero_division=0)
    return float(precision), float(recall), float(f1)


def mrr_at(k: int, ranked: Ranked, golds: Golds) -> float:
    """Mean of 1 / rank of the first gold document, 0 where none is among the first k; 0 to 1."""
    total = 0.0
    for row, gold in zip(ranked, golds, strict=True):
        total += next((1.0 / rank for rank, place in enumerate(row[:k], 1) if place in gold), 0.0)
    return total / len(golds)


def ndcg_at(k: int, ranked: Ranked, golds: Golds) -> float:
    """Mean normalised discounted cumulative gain at k with gain 1 for a gold document; 0 to 1."""
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    total = 0.0
    for row, gold in zip(ranked, golds, strict=True):
        gains = np.array([place in gold for place in row[:k]], dtype=float)
        total += float(gains @ discounts[: len(gains)]) / float(discounts[: min(k, len(set(gold)))].sum())
    return total / len(golds)


def recall_at(k: int, ranked: Ranked, golds: Golds) -> float:
    """Mean share of a query's gold documents among its first k; 0 to 1."""
    return float(
        np.mean([len(set(row[:k]) & set(gold)) / len(set(gold)) for row, gold in zip(ranked, golds, strict=True)])
    )


def harmonic_mean(f1: float, queries_per_second: float) -> float:
    """2 f q / (f + q) of F1 and throughput, the paper's balance (section 3.5); 0 where both are 0."""
    total = f1 + queries_per_second
    return 2 * f1 * queries_per_second / total if total else 0.0


def retrieval_metrics(ranked: Ranked, golds: Golds) -> dict[str, Any]:
    """All of the above at the cut-offs of the paper and the field."""
    precision, recall, f1 = weighted_precision_recall_f1(ranked, golds)
    return {
        "accuracy": accuracy_at_1(ranked, golds),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "mrr_at_10": mrr_at(10, ranked, golds),
        "ndcg_at_10": ndcg_at(10, ranked, golds),
        "recall_at_10": recall_at(10, ranked, golds),
    }
