"""Measures of retrieval over the ranked places of each query: one score a query, and the means of these scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ranked = npt.NDArray[np.int64]
"""(queries, k): places of documents, best first, none twice in a row."""
Golds = Sequence[Sequence[int]]
"""For each query the places of the documents that answer it, at least one."""
Scores = npt.NDArray[np.float64]
"""(queries,): one score a query, 0 to 1."""


def accuracy_scores(ranked: Ranked, golds: Golds) -> Scores:
    """1 for each query whose first document is a gold one, else 0; (queries,)."""
    return _found(1, ranked, golds)[:, 0].astype(np.float64)


def reciprocal_ranks_at(k: int, ranked: Ranked, golds: Golds) -> Scores:
    """1 / rank of each query's first gold document, 0 where none is among the first k; (queries,)."""
    found = _found(k, ranked, golds)
    return np.where(found.any(axis=1), 1.0 / (found.argmax(axis=1) + 1), 0.0)


def ndcg_scores_at(k: int, ranked: Ranked, golds: Golds) -> Scores:
    """Normalised discounted cumulative gain at k of each query, with gain 1 for a gold document; (queries,)."""
    found = _found(k, ranked, golds)
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    best = np.cumsum(discounts)[np.minimum(k, _gold_counts(golds)) - 1]
    return found @ discounts[: found.shape[1]] / best


def recall_scores_at(k: int, ranked: Ranked, golds: Golds) -> Scores:
    """Share of each query's gold documents among its first k; (queries,)."""
    return _found(k, ranked, golds).sum(axis=1) / _gold_counts(golds)


def query_scores(ranked: Ranked, golds: Golds) -> dict[str, Scores]:
    """Every measure that has a score for each query; what intervals and tests are computed from."""
    return {
        "accuracy": accuracy_scores(ranked, golds),
        "mrr_at_10": reciprocal_ranks_at(10, ranked, golds),
        "ndcg_at_10": ndcg_scores_at(10, ranked, golds),
        "recall_at_1": recall_scores_at(1, ranked, golds),
        "recall_at_5": recall_scores_at(5, ranked, golds),
        "recall_at_10": recall_scores_at(10, ranked, golds),
    }


def _found(k: int, ranked: Ranked, golds: Golds) -> npt.NDArray[np.bool_]:
    """(queries, at most k): whether the document at that rank is a gold one."""
    return np.array([[p in gold for p in row[:k]] for row, gold in zip(ranked, golds, strict=True)], dtype=bool)


def _gold_counts(golds: Golds) -> npt.NDArray[np.int64]:
    return np.array([len(set(gold)) for gold in golds], dtype=np.int64)


def accuracy_at_1(ranked: Ranked, golds: Golds) -> float:
    """Share of queries whose first document is a gold one; 0 to 1."""
    return float(accuracy_scores(ranked, golds).mean())


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
    return float(reciprocal_ranks_at(k, ranked, golds).mean())


def ndcg_at(k: int, ranked: Ranked, golds: Golds) -> float:
    """Mean normalised discounted cumulative gain at k with gain 1 for a gold document; 0 to 1."""
    return float(ndcg_scores_at(k, ranked, golds).mean())


def recall_at(k: int, ranked: Ranked, golds: Golds) -> float:
    """Mean share of a query's gold documents among its first k; 0 to 1."""
    return float(recall_scores_at(k, ranked, golds).mean())


def harmonic_mean(f1: float, queries_per_second: float) -> float:
    """2 f q / (f + q) of F1 and throughput, the paper's balance (section 3.5); 0 where both are 0."""
    total = f1 + queries_per_second
    return 2 * f1 * queries_per_second / total if total else 0.0


def retrieval_metrics(ranked: Ranked, golds: Golds) -> dict[str, Any]:
    """The metrics of `evaluate` at the cut-offs of the paper and the field."""
    precision, recall, f1 = weighted_precision_recall_f1(ranked, golds)
    scores = query_scores(ranked, golds)
    return {
        "accuracy": float(scores["accuracy"].mean()),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "mrr_at_10": float(scores["mrr_at_10"].mean()),
        "ndcg_at_10": float(scores["ndcg_at_10"].mean()),
        "recall_at_10": float(scores["recall_at_10"].mean()),
    }
