"""Okapi BM25 over words as written: white space splits, case stays, rank-bm25's defaults, as in the paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Okapi

from mindgap.encoders.base import Encoder
from mindgap.retrievers.base import Context, Places, RetrieverSpec
from mindgap.types import Vectors

Posting = tuple[Places, npt.NDArray[np.float64]]
"""The places of the documents that have a word, and what the word adds to the score of each."""


class BM25Retriever:
    """rank-bm25's BM25Okapi over a gallery.

    The share of every word in every score is computed once, by rank-bm25's own formula and from its figures; a query
    then adds up the shares of its words, to the very same scores.
    """

    encoder: Encoder | None = None

    def __init__(self, texts: Sequence[str]) -> None:
        self._documents = len(texts)
        self._postings = _postings(BM25Okapi([text.split() for text in texts]))

    def prepare(self, queries: Sequence[str], embeddings: Vectors | None) -> Sequence[str]:
        """The queries themselves."""
        return queries

    def search(self, prepared: Vectors | Sequence[str], k: int) -> tuple[Vectors, Places]:
        """Scores and places, each (n, k); documents without a common word score 0 and keep file order."""
        scores = np.stack([self._scores(str(query)) for query in prepared])
        places = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(scores, places, 1).astype(np.float32), places

    def _scores(self, query: str) -> npt.NDArray[np.float64]:
        scores = np.zeros(self._documents)
        for word in query.split():
            if word in self._postings:
                places, shares = self._postings[word]
                scores[places] += shares
        return scores


def _postings(model: BM25Okapi) -> dict[str, Posting]:
    found: dict[str, tuple[list[int], list[int]]] = {}
    for place, frequencies in enumerate(model.doc_freqs):
        for word, count in frequencies.items():
            places, counts = found.setdefault(word, ([], []))
            places.append(place)
            counts.append(count)
    lengths = np.array(model.doc_len)
    return {word: _shares(model, word, np.array(p), np.array(c), lengths) for word, (p, c) in found.items()}


def _shares(model: BM25Okapi, word: str, places: Places, counts: Places, lengths: Places) -> Posting:
    saturation = counts + model.k1 * (1 - model.b + model.b * lengths[places] / model.avgdl)
    return places, model.idf[word] * (counts * (model.k1 + 1) / saturation)


def _build(context: Context) -> BM25Retriever:
    return BM25Retriever(context.gallery.texts)


BM25 = RetrieverSpec(
    name="bm25",
    label="BM25",
    role=None,
    projected=False,
    words=True,
    about="Counts common words, weighted by how rare they are. Knows no meaning.",
    build=_build,
)
