"""BM25 and the projection on the Sentence Transformer in one ranking, by reciprocal rank fusion.

Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods,
SIGIR 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np

from mindgap.presets import Role
from mindgap.retrievers.base import Context, Places, Retriever, RetrieverSpec
from mindgap.retrievers.bm25 import BM25Retriever
from mindgap.retrievers.dense import DenseRetriever, build_dense
from mindgap.types import Vectors

# Chosen on the validation splits by `python -m benchmarks.fusion`. The published constant, 60, with equal weights lets
# any document that shares a word with the query pass one that does not, and loses half of what the projection finds.
CONSTANT = 2
WEIGHTS = (0.7, 1.0)
"""Of the ranking by words, and of the one by meaning."""


class EmbeddedQueries(Sequence[str]):
    """Queries (n) with their embeddings (n, d) beside them; a slice keeps both."""

    def __init__(self, queries: Sequence[str], vectors: Vectors) -> None:
        if len(queries) != len(vectors):
            raise ValueError(f"{len(queries)} queries for {len(vectors)} embeddings")
        self.queries = queries
        self.vectors = vectors

    def __len__(self) -> int:
        return len(self.queries)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> EmbeddedQueries: ...
    def __getitem__(self, place: int | slice) -> str | EmbeddedQueries:
        if isinstance(place, slice):
            return EmbeddedQueries(self.queries[place], self.vectors[place])
        return self.queries[place]


def fused_scores(
    rankings: Sequence[Places], documents: int, constant: float = CONSTANT, weights: Sequence[float] = WEIGHTS
) -> Vectors:
    """Reciprocal rank fusion of one query's rankings: the sum of weight / (constant + rank), rank from 1.

    With weights of 1 it is the published formula.

    Args:
        rankings: each the places of documents, best first. A document that a ranking leaves out gets nothing from it.
        documents: how many there are.
        constant: 0 or more; the larger, the less the first ranks stand out.
        weights: one for each ranking.

    Returns:
        Scores (documents,), each between 0 and sum(weights) / (constant + 1), higher is better.
    """
    scores = np.zeros(documents)
    for places, weight in zip(rankings, weights, strict=True):
        scores[places] += weight / (constant + np.arange(1, len(places) + 1))
    return scores.astype(np.float32)


def with_common_words(scores: Vectors, places: Places) -> Places:
    """The places, (n,), of the documents with a BM25 score above 0.

    The others share no word with the query, or none that tells documents apart; their order is that of the file,
    which says nothing.
    """
    return places[scores > 0]


class HybridRetriever:
    """Ranks the whole gallery by words and by meaning, and fuses the two rankings.

    Where no document shares a word with the query, the order is that of `meaning` alone.
    """

    def __init__(self, words: BM25Retriever, meaning: DenseRetriever, documents: int) -> None:
        self.encoder = meaning.encoder
        self._words: Retriever = words
        self._meaning: Retriever = meaning
        self._documents = documents

    def prepare(self, queries: Sequence[str], embeddings: Vectors | None) -> EmbeddedQueries:
        """The queries and their projected, normalised embeddings. `embeddings` (n, d) are those of `queries`."""
        projected = self._meaning.prepare(queries, embeddings)
        assert isinstance(projected, np.ndarray)
        return EmbeddedQueries(queries, projected)

    def search(self, prepared: Vectors | Sequence[str], k: int) -> tuple[Vectors, Places]:
        """Fused scores and places, each (n, k)."""
        assert isinstance(prepared, EmbeddedQueries)
        # one query at a time: two whole rankings of a large gallery for many queries would need much memory
        scores = np.stack([self._fuse(prepared[row : row + 1]) for row in range(len(prepared))])
        places = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(scores, places, 1), places

    def _fuse(self, query: EmbeddedQueries) -> Vectors:
        scores, by_words = self._words.search(query, self._documents)
        _, by_meaning = self._meaning.search(query.vectors, self._documents)
        return fused_scores([with_common_words(scores[0], by_words[0]), by_meaning[0]], self._documents)


def _build(context: Context) -> HybridRetriever:
    meaning = build_dense(context, Role.SENTENCE, projected=True)
    return HybridRetriever(BM25Retriever(context.gallery.texts), meaning, len(context.gallery))


HYBRID = RetrieverSpec(
    name="hybrid",
    label="Hybrid",
    role=Role.SENTENCE,
    projected=True,
    words=True,
    about="BM25 and the projection on the Sentence Transformer, their ranks added up: words and meaning.",
    build=_build,
)
