import numpy as np

from mindgap.indexes import FlatIndex, normalise
from mindgap.projections.csls import NEIGHBOURS, document_offsets, keep_queries, with_offsets, with_one


def unit(n, d=8, seed=0):
    return normalise(np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32))


def naive_csls(queries, documents, training):
    """2 cos(q, d) - r(q) - r(d), as Conneau et al. write it, r(q) over the documents."""
    scores = np.zeros((len(queries), len(documents)))
    for i, q in enumerate(queries):
        r_q = np.mean(sorted((float(q @ d) for d in documents), reverse=True)[:NEIGHBOURS])
        for j, d in enumerate(documents):
            r_d = np.mean(sorted((float(d @ t) for t in training), reverse=True)[:NEIGHBOURS])
            scores[i, j] = 2 * float(q @ d) - r_q - r_d
    return scores


def test_the_ranking_is_that_of_csls():
    queries, documents, training = unit(7, seed=1), unit(30, seed=2), unit(50, seed=3)
    offsets = document_offsets(documents, training)
    _, ours = FlatIndex(with_offsets(documents, offsets)).search(with_one(queries), 30)
    np.testing.assert_array_equal(ours, np.argsort(-naive_csls(queries, documents, training), axis=1, kind="stable"))


def test_a_hub_loses_to_a_document_that_is_nearly_as_near():
    training = normalise(np.array([[1, 0.1], [1, -0.1], [1, 0.0]], dtype=np.float32))
    hub, own = normalise(np.array([[1, 0], [0.3, 1]], dtype=np.float32))
    query = normalise(np.array([[0.9, 0.5]], dtype=np.float32))
    documents = np.stack([hub, own])
    assert (query @ documents.T).argmax() == 0
    offsets = document_offsets(documents, training)
    assert FlatIndex(with_offsets(documents, offsets)).search(with_one(query), 1)[1][0, 0] == 1


def test_few_training_queries_are_enough():
    assert document_offsets(unit(3), unit(2, seed=1)).shape == (3,)


def test_at_most_two_thousand_queries_are_kept_and_always_the_same():
    many = unit(2_500)
    kept = keep_queries(many, seed=1)
    assert len(kept) == 2_000
    np.testing.assert_array_equal(kept, keep_queries(many, seed=1))
    assert len(np.unique(kept, axis=0)) == 2_000
    assert keep_queries(many[:10]) is not None
    assert len(keep_queries(many[:10])) == 10
