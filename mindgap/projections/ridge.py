"""Ridge regression pulled towards the identity instead of zero: with few pairs it stays near no projection at all."""

from __future__ import annotations

import numpy as np

from mindgap.projections.base import AffineProjection, Method
from mindgap.types import Vectors


def solve_ridge(queries: Vectors, documents: Vectors, pull: float) -> AffineProjection:
    """Argmin over W of ||Q W - D||^2 + pull ||W - I||^2, that is (Q'Q + pull I) W = Q'D + pull I.

    Args:
        queries, documents: float32 (n, d), row i of one belongs to row i of the other.
        pull: positive; infinity would be the identity.
    """
    from scipy.linalg import solve

    q, d = queries.astype(np.float64), documents.astype(np.float64)
    if q.shape[1] != d.shape[1]:
        raise ValueError(f"ridge towards identity needs equal dimensions, got {q.shape[1]} and {d.shape[1]}")
    eye = np.eye(q.shape[1])
    matrix = solve(q.T @ q + pull * eye, q.T @ d + pull * eye, assume_a="pos")
    return AffineProjection(matrix.astype(np.float32))


RIDGE = Method(
    name="ridge",
    label="ridge towards identity",
    about="A linear map, pulled towards leaving embeddings as they are.",
    load=AffineProjection.load,
    solve=solve_ridge,
    grid=tuple({"pull": pull} for pull in (300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)),
)
