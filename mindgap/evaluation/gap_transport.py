"""How far one cloud of embeddings must move to become another: optimal transport by the POT library.

POT: Flamary et al. (2021), "POT: Python Optimal Transport", JMLR 22(78).
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from mindgap.types import Vectors

LIMIT = 2000
"""Most points a side of the exact distance, whose time grows faster than the square of their number."""
DIRECTIONS = 256
"""Fewest directions of the sliced distance."""
_SEED = 0
_BLOCK = 4_000_000
_STEPS = 10_000_000


def wasserstein(
    queries: Vectors, documents: Vectors, query_groups: npt.NDArray[np.int64], document_groups: npt.NDArray[np.int64]
) -> float:
    """Exact Wasserstein distance of order 1: least mean way, Euclidean, over all plans that carry one cloud to another.

    Every row has the same weight within its side. Of more than 2,000 rows a side `sample_rows` takes 2,000.

    Args:
        queries: (n, d), unit rows.
        documents: (m, d), unit rows.
        query_groups: (n,) group numbers from 0; rows of both sides that belong together share one.
        document_groups: (m,) likewise.

    Returns the distance, 0 to 2.
    """
    ot = _pot()
    q = queries[sample_rows(query_groups, LIMIT)].astype(np.float64)
    d = documents[sample_rows(document_groups, LIMIT)].astype(np.float64)
    # in double precision, else the distance of equal rows would not come out near 0
    squares = (q * q).sum(axis=1)[:, None] + (d * d).sum(axis=1) - 2 * (q @ d.T)
    return float(max(0.0, ot.emd2([], [], np.sqrt(np.maximum(squares, 0)), numItermax=_STEPS)))


def sample_rows(groups: npt.NDArray[np.int64], limit: int) -> npt.NDArray[np.int64]:
    """(min(n, limit),) rows in rising order, the same at every call; each group gives in proportion to its size.

    A group draws the same lot on both sides, so that partners come together: samples drawn apart would lie far from
    each other even where the sides are equal.
    """
    if len(groups) <= limit:
        return np.arange(len(groups))
    lots = np.random.default_rng(_SEED).random(int(groups.max()) + 1)
    sizes = np.bincount(groups)
    order = np.argsort(groups, kind="stable")
    within = np.empty(len(groups), dtype=np.int64)
    within[order] = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    turns = (within + lots[groups]) / sizes[groups]
    return np.sort(np.argsort(turns, kind="stable")[:limit])


def sliced_wasserstein(queries: Vectors, documents: Vectors) -> float:
    """Sliced Wasserstein distance of order 2 (Bonneel et al. 2015): root mean square over directions of the 1-D one.

    The directions are random orthonormal bases with a fixed seed, at least 256 directions in all. Over a whole basis
    the squared distance of the means is caught without error, so that few directions suffice (Rowland et al. 2019,
    arXiv 1903.03784).

    Args:
        queries: (n, d).
        documents: (m, d).

    Returns the distance, 0 to 2 / sqrt(d) for unit rows. A shift by a vector v gives |v| / sqrt(d).
    """
    ot = _pot()
    q, d = queries.astype(np.float64), documents.astype(np.float64)
    directions = _directions(q.shape[1])
    step = max(1, _BLOCK // (len(q) + len(d)))
    total = 0.0
    for start in range(0, directions.shape[1], step):
        block = directions[:, start : start + step]
        total += float(ot.sliced_wasserstein_distance(q, d, projections=block, p=2)) ** 2 * block.shape[1]
    return float(np.sqrt(total / directions.shape[1]))


def _directions(dimension: int) -> npt.NDArray[np.float64]:
    """(dimension, directions): whole orthonormal bases side by side, columns of length 1."""
    random = np.random.default_rng(_SEED)
    bases = -(-DIRECTIONS // dimension)
    return np.concatenate([np.linalg.qr(random.standard_normal((dimension, dimension)))[0] for _ in range(bases)], 1)


def _pot() -> Any:
    """The library, imported at first use. It gets NumPy arrays alone, so the backends that it looks for stay out."""
    for backend in ("PYTORCH", "JAX", "CUPY", "TENSORFLOW"):
        os.environ.setdefault(f"POT_BACKEND_DISABLE_{backend}", "1")
    import ot

    return ot
