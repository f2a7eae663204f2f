"""Reciprocal rank fusion, held against a naive one, and what it makes of missing words."""

from fractions import Fraction

import numpy as np
import pytest

from mindgap.errors import Unavailable
from mindgap.models import Choice, Models
from mindgap.presets import PRESETS
from mindgap.projections.identity import IdentityProjection
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.bm25 import BM25Retriever
from mindgap.retrievers.dense import DenseRetriever
from mindgap.retrievers.hybrid import CONSTANT, WEIGHTS, EmbeddedQueries, HybridRetriever, fused_scores
from mindgap.types import Gallery
from tests.conftest import HashEncoder

TEXTS = tuple(f"document {i} about topic{i % 7} and word{i}" for i in range(40)) + ("rare alone",)


def hybrid(texts=TEXTS, query_encoder=None):
    encoder = query_encoder or HashEncoder()
    meaning = DenseRetriever(encoder, encoder.encode(texts), IdentityProjection())
    return HybridRetriever(BM25Retriever(texts), meaning, len(texts))


def ask(retriever, queries, k):
    return retriever.search(retriever.prepare(queries, retriever.encoder.encode(queries)), k)


def test_two_rankings_by_hand():
    rankings = [np.array([2, 0, 1]), np.array([1, 2])]
    published = fused_scores(rankings, 4, constant=60, weights=(1, 1))
    np.testing.assert_allclose(published, [1 / 62, 1 / 63 + 1 / 61, 1 / 61 + 1 / 62, 0], rtol=1e-6)
    weighted = fused_scores(rankings, 4, constant=1, weights=(0.5, 1))
    np.testing.assert_allclose(weighted, [0.5 / 3, 0.5 / 4 + 1 / 2, 0.5 / 2 + 1 / 3, 0], rtol=1e-6)
    with pytest.raises(ValueError, match="zip"):
        fused_scores(rankings, 4, weights=(1,))


def naive(query, texts):
    """Fusion as one would write it on paper, in exact fractions."""
    words, encoder = BM25Retriever(texts), HashEncoder()
    by_word = dict(zip(*(row[0].tolist() for row in words.search([query], len(texts))[::-1]), strict=True))
    cosines = encoder.encode(texts) @ encoder.encode([query])[0] / np.linalg.norm(encoder.encode(texts), axis=1)
    total = dict.fromkeys(range(len(texts)), Fraction(0))
    matched = [i for i in range(len(texts)) if set(query.split()) & set(texts[i].split()) and by_word[i] > 0]
    rankings = sorted(matched, key=lambda i: -by_word[i]), sorted(total, key=lambda i: -cosines[i])
    for order, weight in zip(rankings, WEIGHTS, strict=True):
        for rank, i in enumerate(order, 1):
            total[i] += Fraction(str(weight)) / (CONSTANT + rank)
    return sorted(total, key=lambda i: -total[i]), total


@pytest.mark.parametrize(
    "query", ["topic3 word10", "alone", "document about rare", "word39 word1 topic6", "none of it"]
)
def test_it_ranks_as_the_naive_fusion(query):
    order, total = naive(query, TEXTS)
    scores, places = ask(hybrid(), [query], len(TEXTS))
    assert places[0].tolist() == order
    np.testing.assert_allclose(scores[0], [float(total[i]) for i in order], rtol=1e-6)


def test_without_a_common_word_the_order_is_the_projections():
    retriever = hybrid()
    encoder = retriever.encoder
    meaning = DenseRetriever(encoder, encoder.encode(TEXTS), IdentityProjection())
    scores, places = ask(retriever, ["nothing in it"], len(TEXTS))
    np.testing.assert_array_equal(places, ask(meaning, ["nothing in it"], len(TEXTS))[1])
    np.testing.assert_allclose(scores[0], [WEIGHTS[1] / (CONSTANT + rank) for rank in range(1, len(TEXTS) + 1)], 1e-6)


def test_a_document_without_the_word_gains_nothing_from_its_place_in_the_file():
    texts = ("first line", "second line", "third line", "needle here", "fifth line")
    encoder = HashEncoder()
    scores, places = ask(hybrid(texts, encoder), ["needle"], len(texts))
    cosines = encoder.encode(texts) @ encoder.encode(["needle"])[0] / np.linalg.norm(encoder.encode(texts), axis=1)
    by_meaning = np.argsort(-cosines, kind="stable").tolist()
    assert by_meaning[0] == 3
    assert places[0].tolist() == by_meaning
    assert scores[0, 1:] == pytest.approx([WEIGHTS[1] / (CONSTANT + rank) for rank in range(2, 6)])


def test_equal_sums_come_in_file_order():
    # place 1 is second in the first ranking and first in the second one, place 0 the other way round
    scores = fused_scores([np.array([0, 1]), np.array([1, 0])], 3, weights=(1, 1))
    assert scores[0] == scores[1] > scores[2] == 0

    class Known(HybridRetriever):
        def _fuse(self, query):
            return (np.arange(400) % 3).astype(np.float32)

    encoder = HashEncoder()
    retriever = Known(BM25Retriever(TEXTS), DenseRetriever(encoder, encoder.encode(TEXTS)), 400)
    assert ask(retriever, ["word"], 400)[1][0].tolist() == [i for rest in (2, 1, 0) for i in range(rest, 400, 3)]


def test_a_single_word_does_not_outweigh_the_first_by_meaning():
    scores = fused_scores([np.array([49]), np.arange(50)], 50)
    assert np.argsort(-scores, kind="stable")[:3].tolist() == [0, 49, 1]


def test_a_slice_of_prepared_queries_keeps_both_sides():
    encoder = HashEncoder()
    queries = ["topic3 word10", "alone", "document"]
    prepared = hybrid().prepare(queries, encoder.encode(queries))
    assert (len(prepared), prepared[1], list(prepared)) == (3, "alone", queries)
    cut = prepared[1:3]
    assert list(cut) == queries[1:]
    np.testing.assert_array_equal(cut.vectors, prepared.vectors[1:3])
    np.testing.assert_array_equal(hybrid().search(cut, 5)[1], hybrid().search(prepared, 5)[1][1:3])
    with pytest.raises(ValueError, match="2 queries for 3"):
        EmbeddedQueries(queries[:2], prepared.vectors)


def test_one_document():
    scores, places = ask(hybrid(("only one",)), ["one", "none"], 5)
    assert places.tolist() == [[0], [0]]
    assert scores.shape == (2, 1)


def test_its_name_says_both_parts_and_it_has_no_embedding_of_its_own():
    spec = RETRIEVERS.get("hybrid")
    assert spec.model(PRESETS.get("offline")) == "BM25 + all-MiniLM-L6-v2 + projection"
    assert RETRIEVERS.names()[-1] == "hybrid"
    assert {s.name for s in RETRIEVERS if not s.embeds} == {"bm25", "hybrid"}


def test_without_its_projection_it_is_unavailable_never_bm25_alone(own_folders, models):
    gallery = Gallery(("d0", "d1"), ("one text", "another text"))
    fresh = Models(models.store)
    for name in ("projection-st", "hybrid"):
        with pytest.raises(Unavailable, match="python -m mindgap train --task english-french --encoder minilm"):
            fresh.retriever(name, Choice("offline", "english-french"), gallery)


def test_without_its_encoder_it_is_unavailable(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    gallery = Gallery(("d0", "d1"), ("one text", "another text"))
    with pytest.raises(Unavailable, match=r"all-mpnet-base-v2 .*`python -m mindgap download --preset paper`"):
        Models().retriever("hybrid", Choice("paper", "english-french"), gallery)


def test_each_method_has_its_own(models):
    gallery = Gallery(("d0", "d1", "d2"), ("le chat dort", "il pleut", "la gare"))
    first, again, other = (
        models.retriever("hybrid", Choice("offline", "english-french", method), gallery)
        for method in ("residual", "residual", "n-pairs")
    )
    assert first is again
    assert first is not other
