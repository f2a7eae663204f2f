import numpy as np
import pytest

from mindgap.indexes import FlatIndex, normalise


def naive(documents, queries, k):
    scores = queries @ documents.T
    order = np.stack([sorted(range(len(documents)), key=lambda i: (-row[i], i)) for row in scores])
    return order[:, :k]


@pytest.mark.parametrize("k", [1, 5, 100, 1000])
def test_finds_what_a_naive_search_finds(k):
    generator = np.random.default_rng(0)
    documents = normalise(generator.standard_normal((200, 16)).astype(np.float32))
    queries = normalise(generator.standard_normal((30, 16)).astype(np.float32))
    scores, places = FlatIndex(documents).search(queries, k)
    assert places.shape == scores.shape == (30, min(k, 200))
    np.testing.assert_array_equal(places, naive(documents, queries, k))
    assert (np.diff(scores, axis=1) <= 0).all()


def test_ties_come_in_file_order_even_across_the_kth_place():
    documents = np.zeros((300, 4), dtype=np.float32)
    documents[:, 0] = 1
    documents[7] = [2, 0, 0, 0]
    _, places = FlatIndex(documents).search(np.array([[1, 0, 0, 0]], dtype=np.float32), 5)
    assert places[0].tolist() == [7, 0, 1, 2, 3]


def test_zero_vectors_stay_finite():
    assert np.isfinite(normalise(np.zeros((2, 3), dtype=np.float32))).all()


@pytest.mark.parametrize("shape", [(0, 4), (4,)])
def test_an_empty_or_flat_array_is_refused(shape):
    with pytest.raises(ValueError, match="shape"):
        FlatIndex(np.zeros(shape, dtype=np.float32))


def test_wrong_k_and_wrong_dimension_are_refused():
    index = FlatIndex(np.ones((3, 4), dtype=np.float32))
    with pytest.raises(ValueError, match="k must be"):
        index.search(np.ones((1, 4), dtype=np.float32), 0)
    with pytest.raises(ValueError, match="dimension 4"):
        index.search(np.ones((1, 5), dtype=np.float32), 1)
