"""Canonical correlation analysis: both sides go into the directions that vary together."""

from __future__ import annotations

import numpy as np

from mindgap.projections.base import AffineProjection, Method
from mindgap.projections.soft_zca import whitening
from mindgap.types import Vectors


def solve_cca(
    queries: Vectors, documents: Vectors, softness: float, power: float, share: float = 1.0
) -> AffineProjection:
    """Regularised CCA; canonical directions weighted by their correlation to a power.

    Both sides are centred and softly whitened (`softness`, see Soft-ZCA); U S V' is the singular value decomposition of
    their cross-covariance. Queries go to x U S^power, documents to y V S^power: the cosine then counts a direction by
    how well it agrees. Both are turned by V' and scaled afterwards.

    Args:
        queries, documents: float32 (n, d) and (n, d'), row i of one belongs to row i of the other.
        power: 0 counts every direction the same.
        share: how far to go from the centred embeddings (0) to CCA (1), on both sides alike; below 1 it keeps more of
            what the encoder knew about topics that no training pair has. Needs equal dimensions.

    Source: Hotelling, 1936; ridge as in Vinod, 1976; the weighting as in Gong et al., 2014 (arXiv 1212.4522).
    """
    from scipy.linalg import svd

    query_mean, query_white = whitening(queries, softness)
    document_mean, document_white = whitening(documents, softness)
    q = (queries.astype(np.float64) - query_mean) @ query_white
    d = (documents.astype(np.float64) - document_mean) @ document_white
    left, correlations, right = svd(q.T @ d / len(q), full_matrices=False)
    # turned back by V' and scaled alike, which changes no cosine: documents stay as near to where they were as they can
    turned = (right.T * correlations**power) @ right
    # a side that does not vary leaves nothing to turn towards: both become zero
    left_over = np.square(d @ turned).sum()
    scale = np.sqrt(np.square(documents - document_mean).sum() / left_over) if left_over > 0 else 0.0
    query_matrix = query_white @ (left * correlations**power) @ right * scale
    document_matrix = document_white @ turned * scale
    if share < 1:
        eye = np.eye(*query_matrix.shape)
        query_matrix = share * query_matrix + (1 - share) * eye
        document_matrix = share * document_matrix + (1 - share) * eye
    return AffineProjection(query_matrix, document_matrix, query_mean, document_mean)


CCA = Method(
    name="cca",
    label="CCA",
    about="Both sides go into a shared space of the directions that vary together.",
    load=AffineProjection.load,
    solve=solve_cca,
    # the most cautious first: of equals it is taken
    grid=tuple({"softness": s, "power": p} for s in (3.0, 1.0, 0.3, 0.1) for p in (0.25, 0.5, 1.0)),
)
