import numpy as np
import pytest

from mindgap.indexes import FlatIndex, normalise
from mindgap.visualization.placement import densest, neighbour_weights, place


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def two_clusters(rng):
    """Reference and coordinates: two groups of a hundred, apart in the space and on the picture."""
    centres = np.repeat(normalise(rng.standard_normal((2, 32)).astype(np.float32)), 100, axis=0)
    reference = normalise(centres + 0.1 * rng.standard_normal((200, 32)).astype(np.float32))
    corners = np.repeat(np.array([[0.1, 0.1], [0.9, 0.6]]), 100, axis=0)
    return reference, (corners + 0.03 * rng.standard_normal((200, 2))).astype(np.float32)


def test_a_known_query_stands_on_its_own_point(rng):
    reference = normalise(rng.standard_normal((300, 32)).astype(np.float32))
    coordinates = rng.random((300, 2)).astype(np.float32)
    index = FlatIndex(reference)
    for i in range(0, 300, 10):
        found = place(reference[i], index, coordinates)
        assert found.shape == (2,)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, coordinates[i], atol=1e-3)


def test_a_query_lands_among_its_neighbours(two_clusters, rng):
    reference, coordinates = two_clusters
    index = FlatIndex(reference)
    for i in (0, 150):
        query = reference[i] + 0.05 * rng.standard_normal(32).astype(np.float32)
        near = coordinates[:100] if i < 100 else coordinates[100:]
        found = place(query, index, coordinates)
        assert (found >= near.min(axis=0)).all()
        assert (found <= near.max(axis=0)).all()


def test_between_two_clusters_it_lands_in_one_and_not_in_the_void(two_clusters):
    reference, coordinates = two_clusters
    middle = reference[:100].mean(axis=0) + 1.05 * reference[100:].mean(axis=0)
    index = FlatIndex(reference)
    _, places = index.search(normalise(middle)[None], 15)
    assert 0 < (places < 100).sum() < 15
    assert np.linalg.norm(coordinates - place(middle, index, coordinates), axis=1).min() < 0.05


def test_length_of_the_query_does_not_matter(two_clusters):
    reference, coordinates = two_clusters
    query = reference[3] + reference[7]
    index = FlatIndex(reference)
    np.testing.assert_allclose(place(query, index, coordinates), place(9 * query, index, coordinates), atol=1e-6)


def test_the_scale_of_the_picture_does_not_matter(two_clusters):
    reference, coordinates = two_clusters
    query, index = reference[3] + reference[7], FlatIndex(reference)
    moved = place(query, index, (coordinates * 50 + 7).astype(np.float32))
    np.testing.assert_allclose(moved, place(query, index, coordinates) * 50 + 7, rtol=1e-3)


@pytest.mark.parametrize("n", [1, 2, 5, 14])
def test_few_points_are_enough(rng, n):
    reference = normalise(rng.standard_normal((n, 8)).astype(np.float32))
    coordinates = rng.random((n, 2)).astype(np.float32)
    found = place(rng.standard_normal(8).astype(np.float32), FlatIndex(reference), coordinates)
    assert (found >= coordinates.min(axis=0) - 1e-6).all()
    assert (found <= coordinates.max(axis=0) + 1e-6).all()


def test_equal_points_and_an_empty_query_have_a_place(rng):
    reference = np.repeat(normalise(rng.standard_normal((1, 8)).astype(np.float32)), 20, axis=0)
    coordinates = np.full((20, 2), 0.25, dtype=np.float32)
    for query in (reference[0], -reference[0], np.zeros(8, np.float32)):
        np.testing.assert_allclose(place(query, FlatIndex(reference), coordinates), [0.25, 0.25], atol=1e-6)


def test_weights_follow_the_smooth_kernel():
    distances = np.linspace(0.4, 0.6, 15)
    weights = neighbour_weights(distances)
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights) < 0).all()
    slopes = np.diff(np.log(weights))
    # an exponential of the distance, but for the little that coincidence adds
    np.testing.assert_allclose(slopes, slopes[0], rtol=0.03)
    sums = np.exp(-distances * (-slopes[-1] / (distances[1] - distances[0]))).sum()
    assert sums == pytest.approx(np.log2(15), rel=0.05)


def test_the_densest_place_is_not_the_mean():
    points = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1], [5.0, 5.0], [5.0, 5.1]])
    found = densest(points, np.full(5, 0.2), 0.5)
    assert np.linalg.norm(found) < 0.1


@pytest.mark.parametrize(
    ("query", "coordinates", "message"),
    [
        (np.ones(8, np.float32), np.zeros((19, 2), np.float32), "coordinates of shape"),
        (np.ones((1, 8), np.float32), np.zeros((20, 2), np.float32), "one finite embedding"),
        (np.full(8, np.nan, np.float32), np.zeros((20, 2), np.float32), "one finite embedding"),
        (np.ones(7, np.float32), np.zeros((20, 2), np.float32), "dimension 8"),
    ],
)
def test_what_does_not_fit_is_refused(rng, query, coordinates, message):
    index = FlatIndex(normalise(rng.standard_normal((20, 8)).astype(np.float32)))
    with pytest.raises(ValueError, match=message):
        place(query, index, coordinates)
