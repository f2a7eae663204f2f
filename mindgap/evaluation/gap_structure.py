"""How alike two sides are arranged, and how evenly search reaches the documents: measures of neighbours and shape."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mindgap.indexes import FlatIndex
from mindgap.types import Vectors

Places = npt.NDArray[np.int64]

NEIGHBOURS = 10
"""Neighbours of mutual_knn and of hubness: the 10 of both papers."""
# mean squared distance from the mean, of unit rows, below which float32 rounding is all that varies
_NO_VARIANCE = 1e-10
_CHUNK = 1024


def neighbour_count(others: int) -> int:
    """10, or half of the others where there are fewer than 20: among nearly all of them any two lists agree."""
    return min(NEIGHBOURS, max(1, others // 2))


def mutual_knn(pair_queries: Vectors, pair_documents: Vectors, groups: Places) -> float:
    """Mean overlap of a pair's nearest other pairs by query and by document (Huh et al. 2024, arXiv 2405.07987).

    Pairs that share a text, also over several, are no neighbours of each other. Unrelated sides share about
    k / (pairs - 1); with 2 pairs there is one neighbour and the overlap is 1.

    Args:
        pair_queries: (pairs, d), unit rows: the query of each true pair; a text of several pairs comes several times.
        pair_documents: (pairs, e), unit rows: its document.
        groups: (pairs,) group numbers from 0, at least two different ones; what hangs together shares one.

    Returns the overlap, 0 to 1; equally near pairs count in their order.
    """
    sizes = np.bincount(groups)
    k = neighbour_count(len(groups) - int(sizes.max()))
    reach = k + int(sizes.max())
    by_query, by_document = FlatIndex(pair_queries), FlatIndex(pair_documents)
    shared = 0
    for start in range(0, len(groups), _CHUNK):
        part = slice(start, start + _CHUNK)
        left = _outside(by_query.search(pair_queries[part], reach)[1], groups, groups[part], k)
        right = _outside(by_document.search(pair_documents[part], reach)[1], groups, groups[part], k)
        shared += sum(len(np.intersect1d(a, b, assume_unique=True)) for a, b in zip(left, right, strict=True))
    return shared / (k * len(groups))


def _outside(places: Places, groups: Places, own: Places, k: int) -> Places:
    """(rows, k): of each row's places, best first, the first k that are not of its own group."""
    inside = groups[places] == own[:, None]
    order = np.argsort(inside, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(places, order, axis=1)


def linear_cka(pair_queries: Vectors, pair_documents: Vectors) -> float:
    """Linear centred kernel alignment (Kornblith et al. 2019, arXiv 1905.00414): |Y'X|² / (|X'X| |Y'Y|), Frobenius.

    Rotating, shifting or scaling either side as a whole does not change it. It is high by chance where the pairs are
    not many more than the dimensions: compare before with after, not with another number of pairs.

    Args:
        pair_queries: (pairs, d): the query of each true pair.
        pair_documents: (pairs, e): its document.

    Returns 0 to 1; 0 where one side does not vary, since there is no arrangement to compare.
    """
    x, y = _centred(pair_queries), _centred(pair_documents)
    if min((x * x).sum(), (y * y).sum()) < _NO_VARIANCE * len(x):
        return 0.0
    within = float(np.linalg.norm(x.T @ x)) * float(np.linalg.norm(y.T @ y))
    return min(1.0, float(np.linalg.norm(y.T @ x)) ** 2 / within)


def _centred(vectors: Vectors) -> npt.NDArray[np.float64]:
    exact = vectors.astype(np.float64)
    return exact - exact.mean(axis=0)


def hubness(queries: Vectors, documents: Vectors) -> float:
    """Skewness of N_k, the number of queries that have a document among their k nearest (Radovanović et al. 2010).

    Args:
        queries: (n, d), unit rows.
        documents: (m, d), unit rows; k is 10, or half of m (1 at least) where m is below 20.

    Returns the third standardised moment over the documents, about 0 where all come up alike often, and 0 where they
    do exactly; at most (m - 2) / sqrt(m - 1).
    """
    places = FlatIndex(documents).search(queries, neighbour_count(len(documents)))[1]
    occurrences = np.bincount(places.ravel(), minlength=len(documents)).astype(np.float64)
    spread = occurrences.std()
    if spread == 0:
        return 0.0
    return float((((occurrences - occurrences.mean()) / spread) ** 3).mean())
