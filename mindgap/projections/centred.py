"""Each side minus its own mean: takes away the part of the gap that is a mere shift."""

from __future__ import annotations

import numpy as np

from mindgap.projections.base import AffineProjection, Method
from mindgap.types import Vectors


def solve_centred(queries: Vectors, documents: Vectors) -> AffineProjection:
    """Subtract the mean training query from queries and the mean training document from documents.

    Source: Mu & Viswanath, 2018 (arXiv 1702.01417), who centre one space; the modality gap as a shift between two
    centres is from Liang et al., 2022 (arXiv 2203.02053).
    """
    return AffineProjection(
        query_mean=queries.mean(axis=0, dtype=np.float64), document_mean=documents.mean(axis=0, dtype=np.float64)
    )


CENTRED = Method(
    name="centred",
    label="centred",
    about="Each side minus its own mean: one shift, nothing learned beyond two averages.",
    load=AffineProjection.load,
    solve=solve_centred,
)
