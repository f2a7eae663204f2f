"""BM25 adds up prepared shares of words; the scores are rank-bm25's to the last digit."""

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from mindgap.retrievers.bm25 import BM25Retriever
from mindgap.tasks import TASKS


def check(texts, queries):
    reference = BM25Okapi([text.split() for text in texts])
    scores, places = BM25Retriever(texts).search(queries, len(texts))
    for query, row, order in zip(queries, scores, places, strict=True):
        expected = reference.get_scores(query.split())
        np.testing.assert_array_equal(order, np.argsort(-expected, kind="stable"))
        np.testing.assert_array_equal(row, expected[order].astype(np.float32))


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_it_scores_as_rank_bm25_on_the_shipped_galleries(task):
    pairs = task.pairs("test")
    check(task.gallery.texts, [pair.query for pair in pairs[:30]] + [pair.document for pair in pairs[:10]])


def test_it_scores_as_rank_bm25_where_words_repeat_are_unknown_or_in_most_documents():
    texts = ("a a b", "a c", "a b c d", "a a a a", "e")
    check(texts, ["a", "a a b", "b unknown a b", "unknown", "e d c b a", "A"])
    check(("only one document",), ["one", "two"])


def test_a_word_that_only_other_documents_have_adds_nothing():
    scores, places = BM25Retriever(("x y", "y z", "u v", "w w")).search(["x"], 4)
    assert places.tolist() == [[0, 1, 2, 3]]
    assert scores[0, 0] > 0
    assert scores[0, 1:].tolist() == [0, 0, 0]
