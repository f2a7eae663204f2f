"""Where a new query stands on a map that is there already: by its nearest neighbours in the embedding space.

No UMAP while serving. Benchmark against UMAP's own `transform`: benchmarks/placement.py.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mindgap.indexes import FlatIndex, normalise
from mindgap.types import Vectors

Reals = npt.NDArray[np.float64]

NEIGHBOURS = 15
BANDWIDTH = 0.2
"""Of the density, in units of the picture's spread; of 0.1, 0.2 and 0.4 the nearest to UMAP's `transform`."""

_COINCIDING = 0.05
_SIGMAS = np.geomspace(1e-3, 1e2, 128)
_MOST_STEPS, _CLOSE_ENOUGH = 20, 1e-3


def place(query: Vectors, reference: FlatIndex, coordinates: Vectors, k: int = NEIGHBOURS) -> Vectors:
    """Coordinates of `query`, float32 (2,): the densest place among its neighbours, the near ones counting more.

    A mean would put a query whose neighbours lie in two clusters into the void between them; the mode of their
    density lies in one of them.

    Args:
        query: float32 (d,), mapped if the map shows what the projection did; normalised here.
        reference: unit rows (n, d) that stand on the map, in the same state (before or after) as the query.
        coordinates: float32 (n, 2), row i for row i of `reference`.
        k: how many neighbours; fewer where n is less.

    Raises ValueError for shapes that do not fit, or a query that is not finite.
    """
    if coordinates.shape != (len(reference), 2):
        raise ValueError(f"{len(reference)} embeddings on the map, but coordinates of shape {coordinates.shape}")
    if query.ndim != 1 or not np.isfinite(query).all():
        raise ValueError(f"a query to place must be one finite embedding of shape (d,), got {query.shape}")
    scores, places = reference.search(normalise(query)[None], k)
    weights = neighbour_weights(np.maximum(1.0 - scores[0].astype(np.float64), 0.0))
    points = coordinates[places[0]].astype(np.float64)
    return densest(points, weights, BANDWIDTH * _spread(coordinates)).astype(np.float32)


def _spread(points: Vectors) -> float:
    """Root mean square distance of points (n, 2) from their centre; products are ten times as fast as `var` here."""
    n = len(points)
    centred = points - np.full(n, 1 / n, dtype=points.dtype) @ points
    return float(np.sqrt(np.vdot(centred, centred) / n))


def neighbour_weights(distances: Reals) -> Reals:
    """Weights (k,), summing to 1, of neighbours at these cosine distances (k,), nearest first.

    UMAP's smooth kernel exp(-(d - rho) / sigma), sigma such that the weights sum to log2(k); rho is 0 as in UMAP's
    `transform`. A neighbour that (nearly) coincides with the query outweighs all others: a known query stands where
    its point is.
    """
    mean = max(float(distances.mean()), 1e-9)
    relative = distances / mean
    kernels = np.exp(-relative / _SIGMAS[:, None])
    sigma = np.interp(np.log2(len(distances)), kernels.sum(axis=1), _SIGMAS)
    weights = np.exp(-relative / sigma) * (1.0 + (_COINCIDING / np.maximum(relative, 1e-6)) ** 2)
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1.0 / len(weights))


def densest(points: Reals, weights: Reals, bandwidth: float) -> Reals:
    """Mode (2,) of the weighted Gaussian density of points (k, 2): mean shift from the densest of the points.

    Source: Fukunaga & Hostetler (1975). A bandwidth of 0 gives the first point.
    """
    if bandwidth <= 0:
        return points[0]
    scaled = points / bandwidth
    squared = ((scaled[:, None] - scaled[None]) ** 2).sum(axis=-1)
    at = scaled[int((np.exp(-0.5 * squared) @ weights).argmax())]
    for _ in range(_MOST_STEPS):
        share = weights * np.exp(-0.5 * ((scaled - at) ** 2).sum(axis=1))
        moved = share @ scaled / share.sum()
        if np.abs(moved - at).max() < _CLOSE_ENOUGH:
            break
        at = moved
    return at * bandwidth
