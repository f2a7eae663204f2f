"""Okapi BM25 over words as written: white space splits, case stays, rank-bm25's defaults, as in the paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rank_bm25 import BM25Okapi

from mindgap.encoders.base import Encoder
from mindgap.retrievers.base import Context, Places, RetrieverSpec
from mindgap.types import Vectors


class BM25Retriever:
    """rank-bm25's BM25Okapi over a gallery."""

    encoder: Encoder | None = None

    def __init__(self, texts: Sequence[str]) -> None:
        self._model = BM25Okapi([text.split() for text in texts])

    def prepare(self, queries: Sequence[str], embeddings: Vectors | None) -> Sequence[str]:
        """The queries themselves."""
        return queries

    def search(self, prepared: Vectors | Sequence[str], k: int) -> tuple[Vectors, Places]:
        """Scores and places, each (n, k); documents without a common word score 0 and keep file order."""
        scores = np.stack([self._model.get_scores(str(query).split()) for query in prepared])
        places = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(scores, places, 1).astype(np.float32), places


def _build(context: Context) -> BM25Retriever:
    return BM25Retriever(context.gallery.texts)


BM25 = RetrieverSpec(
    name="bm25",
    label="BM25",
    role=None,
    projected=False,
    about="Counts common words, weighted by how rare they are. Knows no meaning.",
    build=_build,
)
