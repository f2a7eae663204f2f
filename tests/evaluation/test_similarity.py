"""Each measure against numbers worked by hand, a naive loop, and what must not change it."""

import math

import numpy as np
import pytest

from mindgap.evaluation import similarity
from mindgap.evaluation.similarity import (
    FIXED_MEASURES,
    chi_square_scores,
    cosine_scores,
    euclidean_scores,
    fit_shifted_histograms,
    manhattan_scores,
    split_histograms,
)
from mindgap.indexes import normalise


def cloud(rows, dimension, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)


def histograms(rows, dimension, seed=0):
    counts = np.random.default_rng(seed).integers(0, 4, (rows, dimension)).astype(np.float32)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def naive_cosine(q, d):
    lengths = math.sqrt(sum(x * x for x in q)) * math.sqrt(sum(x * x for x in d))
    return sum(x * y for x, y in zip(q, d, strict=True)) / lengths if lengths else 0.0


def naive_euclidean(q, d):
    return -math.sqrt(sum((x - y) ** 2 for x, y in zip(q, d, strict=True)))


def naive_manhattan(q, d):
    return -sum(abs(x - y) for x, y in zip(q, d, strict=True))


def naive_chi_square(q, d):
    return -0.5 * sum((x - y) ** 2 / (x + y) for x, y in zip(q, d, strict=True) if x + y > 0)


MEASURES = [
    (cosine_scores, naive_cosine, cloud),
    (euclidean_scores, naive_euclidean, cloud),
    (manhattan_scores, naive_manhattan, cloud),
    (chi_square_scores, naive_chi_square, histograms),
]
each_measure = pytest.mark.parametrize(("measure", "naive", "make"), MEASURES, ids=lambda x: getattr(x, "__name__", ""))


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (cosine_scores, 24 / 25),
        (euclidean_scores, -math.sqrt(2)),
        (manhattan_scores, -2),
        # 1/7 + 1/7, halved
        (chi_square_scores, -1 / 7),
    ],
)
def test_three_four_against_four_three(measure, expected):
    found = measure(np.array([[3, 4]], np.float32), np.array([[4, 3]], np.float32))
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(expected, abs=1e-6)


def test_chi_square_lies_between_nothing_in_common_and_equal():
    a, b = np.array([[0.5, 0.5, 0]], np.float32), np.array([[0, 0, 1], [0.5, 0.5, 0], [0.5, 0, 0.5]], np.float32)
    np.testing.assert_allclose(chi_square_scores(a, b), [[-1, 0, -0.5]], atol=1e-12)


@each_measure
@pytest.mark.parametrize(("queries", "documents", "dimension"), [(5, 7, 3), (1, 1, 1), (4, 9, 13)])
@pytest.mark.parametrize("block", [1, 20, 10_000])
def test_blocks_of_any_size_give_what_a_loop_gives(
    monkeypatch, measure, naive, make, queries, documents, dimension, block
):
    monkeypatch.setattr(similarity, "_BLOCK", block)
    q, d = make(queries, dimension), make(documents, dimension, seed=1)
    expected = [[naive(row.tolist(), other.tolist()) for other in d] for row in q]
    np.testing.assert_allclose(measure(q, d), expected, atol=1e-5)


@each_measure
def test_an_equal_document_is_never_beaten_and_order_does_not_matter(measure, naive, make):
    vectors = make(20, 7)
    scores = measure(vectors, vectors)
    assert (scores.diagonal() >= scores.max(axis=1) - 1e-6).all()
    np.testing.assert_allclose(scores, scores.T, atol=1e-6)
    turned = np.random.default_rng(2).permutation(7)
    np.testing.assert_allclose(measure(vectors[:, turned], vectors[:, turned]), scores, atol=1e-6)


@each_measure
def test_rows_of_zeros_give_finite_scores(measure, naive, make):
    q, d = make(3, 5), make(4, 5, seed=1)
    q[1], d[2] = 0, 0
    with np.errstate(all="raise"):
        assert np.isfinite(measure(q, d)).all()


@each_measure
def test_other_dimensions_are_refused_and_no_queries_are_no_mistake(measure, naive, make):
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(4, 5\)"):
        measure(make(2, 3), make(4, 5))
    assert measure(make(0, 3), make(4, 3)).shape == (0, 4)


def test_cosine_sees_no_lengths_and_euclidean_does():
    q, d = cloud(6, 5), cloud(8, 5, seed=1)
    longer = d * np.arange(1, 9, dtype=np.float32)[:, None]
    np.testing.assert_allclose(cosine_scores(3 * q, longer), cosine_scores(q, d), atol=1e-6)
    assert not np.allclose(euclidean_scores(q, longer), euclidean_scores(q, d))


def test_euclidean_ranks_as_the_cosine_among_documents_of_one_length_whatever_the_queries_lengths():
    q, d = cloud(50, 9) * np.linspace(0.1, 5, 50, dtype=np.float32)[:, None], normalise(cloud(60, 9, seed=1))
    np.testing.assert_array_equal(
        euclidean_scores(q, d).argsort(axis=1, kind="stable"), cosine_scores(q, d).argsort(axis=1, kind="stable")
    )


def test_chi_square_refuses_what_is_no_histogram():
    with pytest.raises(ValueError, match="negative entry"):
        chi_square_scores(np.array([[1, -1]], np.float32), np.array([[1, 1]], np.float32))


def test_splitting_keeps_signs_apart():
    found = split_histograms(np.array([[3, -1, 0], [-2, 0, 2], [0, 0, 0]], np.float32))
    np.testing.assert_allclose(found, [[0.75, 0, 0, 0, 0.25, 0], [0, 0, 0.5, 0.5, 0, 0], [0] * 6])


def test_shifting_takes_the_least_of_both_sides_and_cuts_what_lies_below():
    # of length 1 already; the least values are -1 and 0
    to_histograms = fit_shifted_histograms(np.array([[1, 0]], np.float32), np.array([[-1, 0]], np.float32))
    found = to_histograms(np.array([[0, 2], [1, 0], [0, -5], [-1, 0]], np.float32))
    np.testing.assert_allclose(found, [[0.5, 0.5], [1, 0], [1, 0], [0, 0]])


@pytest.mark.parametrize("make", [split_histograms, fit_shifted_histograms(cloud(30, 7, 3), cloud(30, 7, 4))])
def test_histograms_are_what_chi_square_needs_and_see_no_lengths(make):
    vectors = cloud(12, 7)
    found = make(vectors)
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(make(4 * vectors), found, atol=1e-6)


def refuse():
    raise AssertionError("nothing is fitted, so no training vectors are needed")


@pytest.mark.parametrize("measure", FIXED_MEASURES, ids=lambda m: m.name)
def test_each_described_measure_takes_embeddings_of_any_sign(measure):
    q, d = cloud(6, 5), cloud(8, 5, seed=1)
    training = (lambda: (cloud(9, 5, 2), cloud(9, 5, 3))) if measure.histograms else refuse
    variants = measure.variants(training)
    assert (len(variants) > 1) == measure.histograms
    for scores in variants.values():
        assert scores(q, d).shape == (6, 8)
        assert np.isfinite(scores(q, d)).all()
    assert measure.about.endswith(".")


def test_manhattan_is_measured_on_vectors_of_length_1():
    [scores] = next(m for m in FIXED_MEASURES if m.name == "manhattan").variants(refuse).values()
    q, d = cloud(6, 5), cloud(8, 5, seed=1)
    np.testing.assert_allclose(scores(2 * q, 3 * d), manhattan_scores(normalise(q), normalise(d)), atol=1e-6)
