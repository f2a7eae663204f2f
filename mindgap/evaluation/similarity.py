"""Fixed measures of how alike a query and a document are, for every pair of them: (n, d) and (m, d) -> (n, m).

A higher score is more alike, so a distance is given as its negative. Work goes in blocks of queries: beside the scores
only a few megabytes are held. Every measure raises ValueError for vectors of different dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mindgap.indexes import normalise
from mindgap.types import Vectors

ScoreMatrix = npt.NDArray[np.float64]
"""(queries, documents): higher is more alike."""
Similarity = Callable[[Vectors, Vectors], ScoreMatrix]
"""Queries (n, d), documents (m, d) -> scores (n, m)."""
ToHistograms = Callable[[Vectors], Vectors]
"""Vectors (n, d) -> non-negative rows (n, d') that sum to 1."""


@dataclass(frozen=True)
class FixedMeasure:
    """A measure with nothing to learn.

    Attributes:
        name, label: as in files, and as the page shows it.
        about: one sentence on what it does.
        vectors: what it is applied to, in words.
        scores: the measure itself.
        unit: whether both sides are scaled to length 1 first.
        histograms: whether both sides are made histograms first.
    """

    name: str
    label: str
    about: str
    vectors: str
    scores: Similarity
    unit: bool = False
    histograms: bool = False

    def variants(self, training: Callable[[], tuple[Vectors, Vectors]]) -> dict[str, Similarity]:
        """The measure as it is applied to embeddings, one for each way to prepare them (validation chooses).

        `training` gives training queries and documents; it is called only where something is fitted to them.
        """
        if not self.histograms:
            return {"": self._after(normalise) if self.unit else self.scores}
        shifted = fit_shifted_histograms(*training())
        return {"shift": self._after(shifted), "split": self._after(split_histograms)}

    def _after(self, prepare: Callable[[Vectors], Vectors]) -> Similarity:
        return lambda queries, documents: self.scores(prepare(queries), prepare(documents))


# numbers held at once by a block of work: small enough to stay in a processor's cache
_BLOCK = 262_144


def cosine_scores(queries: Vectors, documents: Vectors) -> ScoreMatrix:
    """Cosines, -1 to 1; 0 for a row of zeros."""
    _check(queries, documents)
    return np.asarray(normalise(queries) @ normalise(documents).T, dtype=np.float64)


def euclidean_scores(queries: Vectors, documents: Vectors) -> ScoreMatrix:
    """Negative Euclidean distances of the vectors as they are.

    Where all documents have one length they rank as the inner product does, since
    |q - d|^2 = |q|^2 + |d|^2 - 2 q'd and only the last term differs between the documents of a query.
    """
    return _negative_distances(queries, documents, "euclidean")


def manhattan_scores(queries: Vectors, documents: Vectors) -> ScoreMatrix:
    """Negative Manhattan (city-block) distances of the vectors as they are."""
    return _negative_distances(queries, documents, "cityblock")


def chi_square_scores(queries: Vectors, documents: Vectors) -> ScoreMatrix:
    """Negative chi-square distances, half the sum of (q - d)^2 / (q + d), where 0 / 0 counts as 0.

    For rows that sum to 1 a score lies between -1 (nothing in common) and 0 (equal).

    Raises ValueError for a negative entry: make histograms first (`split_histograms`, `fit_shifted_histograms`).

    Source: the chi-square histogram distance as in Pele and Werman (ECCV 2010).
    """
    _check(queries, documents)
    if min(queries.min(initial=0.0), documents.min(initial=0.0)) < 0:
        raise ValueError("the chi-square distance is for histograms; got a negative entry")
    left, right = np.asarray(queries, dtype=np.float64), np.asarray(documents, dtype=np.float64)
    scores = np.empty((len(left), len(right)))
    # (q - d)^2 / (q + d) = (q + d) - 4 q d / (q + d), which needs fewer passes over the numbers
    sums, of_documents = left.sum(axis=1), right.sum(axis=1)
    for block in _blocks(len(right), right.shape[1]):
        for i, row in enumerate(left):
            # where both are 0 the numerator is 0 too
            total = np.maximum(row + right[block], np.finfo(np.float64).tiny)
            np.divide(right[block], total, out=total)
            scores[i, block] = 2 * (total @ row) - (sums[i] + of_documents[block]) / 2
    return scores


def split_histograms(vectors: Vectors) -> Vectors:
    """(n, 2d): the positive and the negative parts of each vector side by side, scaled to sum 1; a zero row stays."""
    return _sum_to_one(np.concatenate([np.maximum(vectors, 0), np.maximum(-vectors, 0)], axis=1))


def fit_shifted_histograms(queries: Vectors, documents: Vectors) -> ToHistograms:
    """Scale to length 1, subtract the least value of each dimension, cut at zero, scale to sum 1.

    Args:
        queries, documents: training vectors of both sides, (n, d) and (m, d); the least values are theirs.
    """
    least = np.minimum(normalise(queries).min(axis=0), normalise(documents).min(axis=0))
    return lambda vectors: _sum_to_one(np.maximum(normalise(vectors) - least, 0))


def _sum_to_one(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _negative_distances(queries: Vectors, documents: Vectors, metric: str) -> ScoreMatrix:
    from scipy.spatial.distance import cdist

    _check(queries, documents)
    scores = np.empty((len(queries), len(documents)))
    for rows in _blocks(len(queries), len(documents)):
        scores[rows] = cdist(queries[rows], documents, metric)
    return np.negative(scores, out=scores)


def _blocks(rows: int, width: int) -> Iterator[slice]:
    """Slices that cover `rows` rows of `width` numbers, each of about _BLOCK numbers and at least one row."""
    step = max(1, _BLOCK // max(1, width))
    return (slice(start, start + step) for start in range(0, rows, step))


def _check(queries: Vectors, documents: Vectors) -> None:
    if queries.ndim != 2 or documents.ndim != 2 or queries.shape[1] != documents.shape[1]:
        raise ValueError(f"no scores between shapes {queries.shape} and {documents.shape}")


FIXED_MEASURES = (
    FixedMeasure(
        "cosine",
        "Cosine",
        "The inner product of the vectors scaled to length 1, so that only the angle between them counts.",
        "scaled to length 1",
        cosine_scores,
    ),
    FixedMeasure(
        "euclidean",
        "Euclidean distance",
        "The straight-line distance between the vectors as they come out; where all documents have length 1 it ranks "
        "exactly as the cosine does.",
        "as they come out",
        euclidean_scores,
    ),
    FixedMeasure(
        "manhattan",
        "Manhattan distance",
        "The sum of the absolute differences, dimension by dimension, of the vectors scaled to length 1.",
        "scaled to length 1",
        manhattan_scores,
        unit=True,
    ),
    FixedMeasure(
        "chi-square",
        "Chi-square distance",
        "The squared differences divided by the sums, dimension by dimension; it needs non-negative vectors, made "
        "either by subtracting the least training value of each dimension and cutting at zero (shift) or by listing "
        "positive and negative parts apart (split), whichever is better on validation.",
        "made non-negative and scaled to sum 1",
        chi_square_scores,
        histograms=True,
    ),
)
"""The four that Xu and Leiva compare in "Multimodal Representation Alignment for Cross-modal Information Retrieval"."""
