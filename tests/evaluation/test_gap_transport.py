"""Transport between two clouds: exact cases by hand, all permutations, and a loop over directions."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from mindgap import paths
from mindgap.evaluation import gap_transport
from mindgap.evaluation.gap_transport import sample_rows, sliced_wasserstein, wasserstein


def cloud(rows, dimension=8, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)


def exact(queries, documents):
    return wasserstein(queries, documents, np.arange(len(queries)), np.arange(len(documents)))


def test_a_shift_costs_its_length():
    vectors, shift = cloud(30), np.array([3, 0, 0, 4, 0, 0, 0, 0], np.float32)
    assert exact(vectors, vectors + shift) == pytest.approx(5, abs=1e-5)
    # and along single directions its share of each
    assert sliced_wasserstein(vectors, vectors + shift) == pytest.approx(5 / np.sqrt(8), abs=1e-5)


def test_who_goes_where_does_not_matter():
    vectors = cloud(30)
    assert exact(vectors, vectors[::-1]) == pytest.approx(0, abs=1e-6)
    assert sliced_wasserstein(vectors, vectors[::-1]) == pytest.approx(0, abs=1e-9)


def test_sides_of_different_size_weigh_the_same():
    one, two = np.array([[0, 0]], np.float32), np.array([[0, 0], [3, 4]], np.float32)
    assert exact(one, two) == exact(two, one) == pytest.approx(5 / 2)
    # half of the weight goes 0, half goes (3, 4)
    assert sliced_wasserstein(one, two) == pytest.approx(np.sqrt((0 + 25) / 2 / 2))
    assert exact(np.repeat(two, 3, axis=0), two) == pytest.approx(0, abs=1e-6)


def test_no_other_assignment_is_shorter():
    queries, documents = cloud(6, seed=1), cloud(6, seed=2)
    ways = np.array([[np.linalg.norm(q - d) for d in documents] for q in queries])
    best = min(np.mean([ways[i, j] for i, j in enumerate(order)]) for order in itertools.permutations(range(6)))
    assert exact(queries, documents) == pytest.approx(best, abs=1e-6)


def test_it_is_solved_to_the_end():
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    queries, documents = cloud(300, seed=1), cloud(300, seed=2) + 1
    ways = cdist(queries, documents)
    assert exact(queries, documents) == pytest.approx(ways[linear_sum_assignment(ways)].mean(), abs=1e-6)


def test_sliced_is_the_mean_over_directions_of_sorted_differences():
    queries, documents = cloud(40, seed=1), cloud(40, seed=2) * 2
    squares = [np.mean((np.sort(queries @ v) - np.sort(documents @ v)) ** 2) for v in gap_transport._directions(8).T]
    assert len(squares) == 256
    assert sliced_wasserstein(queries, documents) == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-5)


@pytest.mark.parametrize(("dimension", "bases"), [(1, 256), (100, 3), (256, 1), (384, 1)])
def test_directions_are_whole_orthonormal_bases(dimension, bases):
    found = gap_transport._directions(dimension)
    assert found.shape == (dimension, dimension * bases)
    first = found[:, :dimension]
    np.testing.assert_allclose(first.T @ first, np.eye(dimension), atol=1e-10)


def test_other_directions_give_nearly_the_same(monkeypatch):
    queries, documents = cloud(200, 64, seed=1), cloud(200, 64, seed=2) + 0.2
    found = []
    for seed in range(5):
        monkeypatch.setattr(gap_transport, "_SEED", seed)
        found.append(sliced_wasserstein(queries, documents))
    assert len(set(found)) == 5
    assert np.ptp(found) < 0.01 * np.mean(found)


def test_directions_in_small_portions_give_the_same(monkeypatch):
    queries, documents = cloud(20, seed=1), cloud(30, seed=2)
    whole = sliced_wasserstein(queries, documents)
    monkeypatch.setattr(gap_transport, "_BLOCK", 350)
    assert sliced_wasserstein(queries, documents) == pytest.approx(whole)


def test_a_sample_keeps_partners_together_and_is_always_the_same():
    documents = np.random.default_rng(3).permutation(500)
    queries = np.arange(500)
    rows, partners = sample_rows(queries, 100), sample_rows(documents, 100)
    assert len(rows) == len(set(rows)) == 100
    assert set(queries[rows]) == set(documents[partners])
    assert (rows == sample_rows(queries, 100)).all()
    assert not (rows == np.arange(100)).all()


def test_a_sample_takes_from_each_group_in_proportion():
    # 20 groups of 10 rows and 200 of one
    groups = np.concatenate([np.arange(20).repeat(10), np.arange(20, 220)])
    rows = sample_rows(groups, 200)
    large = np.bincount(groups[rows])[:20]
    assert set(large) <= {4, 5, 6}
    assert large.sum() == pytest.approx(100, abs=15)


def test_few_rows_are_all_taken():
    assert sample_rows(np.array([4, 4, 0]), 3).tolist() == [0, 1, 2]


def test_equal_sides_stay_at_distance_0_where_a_sample_is_taken(monkeypatch):
    monkeypatch.setattr(gap_transport, "LIMIT", 50)
    vectors, order = cloud(120), np.random.default_rng(4).permutation(120)
    assert wasserstein(vectors, vectors[order], np.arange(120), order) == pytest.approx(0, abs=1e-6)
    assert exact(vectors, vectors + 1) > 1


def test_the_sentence_names_the_sample_and_the_directions():
    from mindgap.evaluation.measures import MEASURES

    assert f"{gap_transport.LIMIT:,}" in MEASURES["wasserstein"].sentence
    assert str(gap_transport.DIRECTIONS) in MEASURES["sliced_wasserstein"].sentence


def test_the_library_is_imported_at_first_use_and_brings_no_other_framework():
    code = (
        "import sys, numpy as np; from mindgap.evaluation import gap_transport as t; assert 'ot' not in sys.modules;"
        "t.sliced_wasserstein(np.eye(3), np.eye(3)); from ot import backend as b;"
        "print([m for m in ('torch', 'jax', 'cupy', 'tensorflow') if m in sys.modules], b.torch, b.jax, b.cp, b.tf)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[] False False False False", done.stderr[-800:]
