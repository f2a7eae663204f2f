"""How sure a figure is: bootstrap intervals over queries, and paired tests of two retrievers on the same queries.

Sources: the percentile bootstrap of Efron and Tibshirani (1993, chapter 13); the randomisation test as Smucker, Allan
and Carterette (CIKM 2007) recommend it for retrieval, with the p value of Phipson and Smyth (2010); Holm (1979).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mindgap.evaluation.metrics import Scores

RESAMPLES = 2000
PERMUTATIONS = 9999
# numbers drawn at once: bounds the memory, whatever the number of queries
_DRAWN_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Difference:
    """Mean of a minus mean of b over the same queries, its 95 % bootstrap interval, and the two-sided p value."""

    difference: float
    interval: tuple[float, float]
    p: float


def bootstrap_interval(
    scores: Scores, confidence: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of `scores`, (queries,): queries are drawn with replacement.

    Scores that are all equal give (x, x). Raises ValueError for no scores, or a confidence outside 0 to 1.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 1 or not len(scores) or not 0 < confidence < 1 or resamples < 1:
        raise ValueError(f"no interval for shape {scores.shape}, confidence {confidence}, {resamples} resamples")
    if scores.min() == scores.max():
        return float(scores[0]), float(scores[0])
    generator = np.random.default_rng(seed)
    means = [
        scores[generator.integers(0, len(scores), (rows, len(scores)), dtype=np.int32)].mean(axis=1)
        for rows in _portions(resamples, len(scores))
    ]
    low, high = np.quantile(np.concatenate(means), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def paired_test(a: Scores, b: Scores, seed: int = 0, permutations: int = PERMUTATIONS) -> Difference:
    """Whether two systems differ in their mean score on the same queries; `a` and `b` are (queries,).

    Under the null hypothesis each query's two scores could be swapped, which flips the sign of their difference. The
    p value is (b + 1) / (m + 1), with b of m random sign patterns at least as far from 0 as what was observed.
    Raises ValueError for scores of different queries.
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(f"the scores are of different queries: {np.shape(a)} and {np.shape(b)}")
    differences = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    as_far = _as_far_by_chance(differences[differences != 0], permutations, seed)
    return Difference(
        float(differences.mean()), bootstrap_interval(differences, seed=seed), (as_far + 1) / (permutations + 1)
    )


def _as_far_by_chance(differences: Scores, permutations: int, seed: int) -> int:
    """How many random sign patterns give a sum at least as far from 0 as the sum of `differences`."""
    # equal sums may differ in their last bits, as their terms are added with other signs
    least = abs(differences.sum()) - 1e-9 * np.abs(differences).sum()
    generator = np.random.default_rng(seed)
    count = 0
    for rows in _portions(permutations, len(differences)):
        flipped = generator.integers(0, 2, (rows, len(differences)), dtype=np.int8) * 2 - 1
        count += int((np.abs(flipped @ differences) >= least).sum())
    return count


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction for testing several hypotheses at once, in the order given."""
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(1, np.maximum.accumulate(factors * np.asarray(p_values)[order]))
    return [float(p) for p in corrected]


def intervals(scores: Mapping[str, Scores]) -> dict[str, list[float]]:
    """Measure -> [low, high], the 95 % bootstrap interval of its mean."""
    return {measure: list(bootstrap_interval(values)) for measure, values in scores.items()}


def pairwise_differences(systems: Sequence[tuple[str, Mapping[str, Scores]]], metric: str) -> list[dict[str, Any]]:
    """Each pair of systems (name, query_scores) compared in one metric; `p_holm` is corrected over all pairs."""
    compared = [(a, b, paired_test(of_a[metric], of_b[metric])) for (a, of_a), (b, of_b) in combinations(systems, 2)]
    corrected = holm([test.p for _, _, test in compared])
    return [
        {
            "a": a,
            "b": b,
            "metric": metric,
            "difference": test.difference,
            "interval": list(test.interval),
            "p": test.p,
            "p_holm": p_holm,
        }
        for (a, b, test), p_holm in zip(compared, corrected, strict=True)
    ]


def _portions(rows: int, columns: int) -> list[int]:
    """`rows` cut into portions of at most _DRAWN_AT_ONCE numbers each."""
    most = max(1, _DRAWN_AT_ONCE // max(1, columns))
    return [min(most, rows - start) for start in range(0, rows, most)]
