"""Cross-domain similarity local scaling: a document that is near to every query must be nearer still to count.

CSLS(q, d) = 2 cos(q, d) - r(q) - r(d), with r the mean cosine to the k nearest of the other side. r(q) is the same for
all documents and changes no ranking, so cos(q, d) - r(d) / 2 ranks alike; r(d) is taken over training queries, so that
it is known before any query comes and costs nothing at query time.

Source: Conneau et al., 2018 (arXiv 1710.04087).
"""

from __future__ import annotations

import numpy as np

from mindgap.types import Vectors

NEIGHBOURS = 10
KEPT_QUERIES = 2_000


def keep_queries(projected: Vectors, seed: int = 0) -> Vectors:
    """At most 2,000 of the projected training queries (n, d), drawn once; what a checkpoint keeps for CSLS."""
    if len(projected) <= KEPT_QUERIES:
        return projected
    chosen = np.random.default_rng(seed).choice(len(projected), KEPT_QUERIES, replace=False)
    return projected[np.sort(chosen)]


def document_offsets(documents: Vectors, queries: Vectors) -> Vectors:
    """r(d) / 2 of each document, (m,): half its mean cosine to its 10 nearest training queries.

    Args:
        documents: (m, d), after the document map, of length 1.
        queries: (n, d), training queries after the projection, of length 1.
    """
    k = min(NEIGHBOURS, len(queries))
    cosines = documents @ queries.T
    return np.asarray(np.partition(cosines, -k, axis=1)[:, -k:].mean(axis=1) / 2, dtype=np.float32)


def with_offsets(documents: Vectors, offsets: Vectors) -> Vectors:
    """(m, d + 1): documents with minus their offset as one more number; goes with `with_one`."""
    return np.concatenate([documents, -offsets[:, None]], axis=1).astype(np.float32)


def with_one(queries: Vectors) -> Vectors:
    """(n, d + 1): queries with a 1 appended, so that the inner product is the cosine minus the offset."""
    return np.concatenate([queries, np.ones((len(queries), 1))], axis=1).astype(np.float32)
