"""Exact search by inner product over a FAISS flat index."""

from __future__ import annotations

import faiss
import numpy as np
import numpy.typing as npt

from mindgap.types import Vectors


def normalise(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1, so that the inner product is the cosine; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


class FlatIndex:
    """Documents to search, exact; equal scores come in the documents' order.

    Args:
        vectors: float32 (n, dimension), n > 0. With unit rows a score is a cosine.
    """

    def __init__(self, vectors: Vectors) -> None:
        if vectors.ndim != 2 or not len(vectors):
            raise ValueError(f"an index needs vectors of shape (n, dimension), n > 0; got {vectors.shape}")
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """Scores and places of the best min(k, n) documents, each of shape (queries, k), best first.

        Raises ValueError for a k below 1 or queries of another dimension.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        if queries.ndim != 2 or queries.shape[1] != self._index.d:
            raise ValueError(f"queries have shape {queries.shape}, documents dimension {self._index.d}")
        k = min(k, len(self))
        scores, places = self._fetch(np.ascontiguousarray(queries, dtype=np.float32), k)
        # by score downwards, then by place: FAISS leaves the order of equal scores open
        order = np.lexsort((places, -scores), axis=-1)[:, :k]
        return np.take_along_axis(scores, order, 1), np.take_along_axis(places, order, 1)

    def _fetch(self, queries: Vectors, k: int) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """At least k neighbours, and so many more that no document tied with the k-th is left out."""
        wanted = min(len(self), k + 16)
        while True:
            scores, places = self._index.search(queries, wanted)
            if wanted == len(self) or (scores[:, -1] < scores[:, k - 1]).all():
                return scores, places
            wanted = min(len(self), 4 * wanted)
