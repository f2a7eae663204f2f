"""Pairs as embeddings: what a projection is trained and measured on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from mindgap.indexes import FlatIndex, normalise
from mindgap.projections.base import Projection
from mindgap.projections.csls import with_offsets, with_one
from mindgap.types import Vectors

Places = npt.NDArray[np.int64]


def _none() -> Places:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class EmbeddedPairs:
    """Pairs as embeddings.

    Attributes:
        queries: (n, d).
        documents: (m, d'), each document once.
        document_of: for each query the row of its document, (n,).
        labels: 1 where they belong together, (n,).
        wrong_queries: (w, d), queries written to be wrong for a document.
        wrong_of: for each wrong query the row of that document, (w,).
    """

    queries: Vectors
    documents: Vectors
    document_of: Places
    labels: Places
    wrong_queries: Vectors | None = None
    wrong_of: Places = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.queries)

    def through(self, projection: Projection) -> EmbeddedPairs:
        """The same pairs after a projection of both sides."""
        wrong = self.wrong_queries
        return replace(
            self,
            queries=projection.map_queries(self.queries),
            documents=projection.map_documents(self.documents),
            wrong_queries=None if wrong is None else projection.map_queries(wrong),
        )

    def rows(self, chosen: npt.NDArray[np.int64]) -> EmbeddedPairs:
        """Only those queries, with only the documents that they belong to."""
        kept, document_of = np.unique(self.document_of[chosen], return_inverse=True)
        place = {int(old): new for new, old in enumerate(kept)}
        near = np.array([i for i, of in enumerate(self.wrong_of) if int(of) in place], dtype=np.int64)
        return EmbeddedPairs(
            self.queries[chosen],
            self.documents[kept],
            document_of.astype(np.int64),
            self.labels[chosen],
            None if self.wrong_queries is None else self.wrong_queries[near],
            np.array([place[int(self.wrong_of[i])] for i in near], dtype=np.int64),
        )


def top1(projection: Projection, pairs: EmbeddedPairs, offsets: Vectors | None = None) -> npt.NDArray[np.bool_]:
    """For each true query whether its nearest document by cosine, after projection, is its own.

    Args:
        offsets: (m,), taken from the cosine of each document first (see `mindgap.projections.csls`).
    """
    true = pairs.labels == 1
    documents = normalise(projection.map_documents(pairs.documents))
    queries = normalise(projection.map_queries(pairs.queries[true]))
    if offsets is not None:
        documents, queries = with_offsets(documents, offsets), with_one(queries)
    _, best = FlatIndex(documents).search(queries, 1)
    return np.asarray(best[:, 0] == pairs.document_of[true])


def top1_accuracy(projection: Projection, pairs: EmbeddedPairs) -> float:
    """Share of true queries whose nearest document by cosine, after projection, is their own."""
    return float(top1(projection, pairs).mean())
