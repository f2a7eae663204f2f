"""Orthogonal Procrustes: the rotation that brings queries nearest to their documents (Schönemann, 1966)."""

from __future__ import annotations

import numpy as np

from mindgap.projections.base import AffineProjection, Method
from mindgap.types import Vectors


def solve_procrustes(queries: Vectors, documents: Vectors) -> AffineProjection:
    """Argmin over orthogonal R of ||queries @ R - documents||, in double precision."""
    from scipy.linalg import orthogonal_procrustes

    rotation, _ = orthogonal_procrustes(queries.astype(np.float64), documents.astype(np.float64))
    return AffineProjection(rotation.astype(np.float32))


PROCRUSTES = Method(
    name="procrustes",
    label="orthogonal Procrustes",
    about="The best rotation; lengths and angles among queries stay.",
    load=AffineProjection.load,
    solve=solve_procrustes,
)
