"""Soft-ZCA: each side is centred and whitened, softly, so that no direction drowns the others."""

from __future__ import annotations

import numpy as np

from mindgap.projections.base import AffineProjection, Method
from mindgap.types import Vectors


def solve_soft_zca(queries: Vectors, documents: Vectors, softness: float) -> AffineProjection:
    """X -> (x - mean) U (L + softness * mean(L))^(-1/2) U' on each side, with U L U' the side's covariance.

    Args:
        softness: share of the mean variance that is added to every eigenvalue; 0 whitens fully, infinity only centres.

    Source: Diera, Galke & Scherp, 2024, "Isotropy Matters: Soft-ZCA Whitening of Embeddings for Semantic Code Search"
    (arXiv 2411.17538); softness is taken relative to the variance here, so that encoders of any scale share one grid.
    """
    query_mean, query_matrix = whitening(queries, softness)
    document_mean, document_matrix = whitening(documents, softness)
    return AffineProjection(query_matrix, document_matrix, query_mean, document_mean)


def whitening(vectors: Vectors, softness: float) -> tuple[Vectors, Vectors]:
    """Mean (d,) and symmetric whitening matrix (d, d) of `vectors` (n, d), both in double precision."""
    from scipy.linalg import eigh

    x = vectors.astype(np.float64)
    mean = x.mean(axis=0)
    values, directions = eigh((x - mean).T @ (x - mean) / len(x))
    values = np.maximum(values, 0)
    scale = 1 / np.sqrt(values + softness * values.mean() + 1e-12)
    return mean, (directions * scale) @ directions.T


SOFT_ZCA = Method(
    name="soft-zca",
    label="whitened (Soft-ZCA)",
    about="Each side centred and whitened on its own; pairs are only used to choose how softly.",
    load=AffineProjection.load,
    solve=solve_soft_zca,
    grid=tuple({"softness": softness} for softness in (10.0, 3.0, 1.0, 0.3, 0.1, 0.03)),
)
