"""Shared neighbours, linear CKA and hubs: by hand, and against naive loops."""

import numpy as np
import pytest

from mindgap.evaluation.gap_structure import hubness, linear_cka, mutual_knn, neighbour_count


def cloud(rows, dimension=8, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def at(*degrees):
    """Unit vectors of a plane."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


ROTATION = np.linalg.qr(cloud(8, 8, seed=99))[0]


def test_neighbours_are_10_or_half_of_the_others():
    assert [neighbour_count(n) for n in (1, 2, 3, 4, 19, 20, 21, 1000)] == [1, 1, 1, 2, 9, 10, 10, 10]


@pytest.mark.parametrize(
    ("documents", "overlap"),
    [
        (at(0, 10, 90, 100), 1),  # the same neighbours: first with second, third with fourth
        (at(30, 40, 120, 130), 1),
        (at(0, 90, 10, 100), 0),  # first with third, second with fourth
        (at(0, 10, 50, 100), 3 / 4),  # the third's nearest is the second
    ],
)
def test_shared_neighbours_by_hand(documents, overlap):
    # 3 others make 1 neighbour
    assert mutual_knn(at(0, 10, 90, 100), documents, np.arange(4)) == overlap


def test_pairs_that_share_a_text_are_no_neighbours():
    # two queries of the first document, far from each other; were they neighbours, documents would always agree
    queries, documents = at(0, 95, 10, 100), at(0, 0, 60, 100)
    groups = np.array([0, 0, 1, 2])
    # by query: 2, 3, 0, 1; by document: 2, 2, 3, 2
    assert mutual_knn(queries, documents, groups) == 1 / 4


def naive_overlap(queries, documents, groups, k):
    shared = 0
    for i in range(len(groups)):
        others = [j for j in range(len(groups)) if groups[j] != groups[i]]
        near = [set(sorted(others, key=lambda j: -side[i] @ side[j])[:k]) for side in (queries, documents)]
        shared += len(near[0] & near[1])
    return shared / k / len(groups)


def test_shared_neighbours_are_those_of_a_naive_loop(monkeypatch):
    monkeypatch.setattr("mindgap.evaluation.gap_structure._CHUNK", 16)
    queries = unit(cloud(60))
    documents = unit(queries + 0.4 * cloud(60, seed=1))
    for groups in (np.arange(60), np.arange(60) // 3, np.repeat([0, 1, 2], [45, 10, 5])):
        k = neighbour_count(60 - np.bincount(groups).max())
        assert mutual_knn(queries, documents, groups) == pytest.approx(naive_overlap(queries, documents, groups, k))


def test_unrelated_sides_share_neighbours_by_chance_alone():
    queries, documents = unit(cloud(300)), unit(cloud(300, seed=1))
    assert mutual_knn(queries, documents, np.arange(300)) == pytest.approx(10 / 299, abs=0.015)


def test_a_rotation_changes_neither_neighbours_nor_cka():
    queries = unit(cloud(80))
    documents = unit(queries + 0.4 * cloud(80, seed=1))
    assert mutual_knn(queries @ ROTATION, documents, np.arange(80)) == mutual_knn(queries, documents, np.arange(80))
    assert linear_cka(queries @ ROTATION, documents) == pytest.approx(linear_cka(queries, documents), abs=1e-6)
    assert linear_cka(queries @ ROTATION, queries) == pytest.approx(1)


def test_cka_of_single_columns_is_their_squared_correlation():
    x, y = np.array([[1.0], [2], [3]]), np.array([[1.0], [3], [2]])
    # centred (-1, 0, 1) and (-1, 1, 0): correlation 1 / 2
    assert linear_cka(x, y) == pytest.approx(1 / 4)
    assert linear_cka(x, np.array([[1.0], [-2], [1]])) == pytest.approx(0)


def test_cka_is_that_of_centred_gram_matrices():
    x, y = cloud(30, 5), cloud(30, 7, seed=1)
    centre = np.eye(30) - 1 / 30
    k, m = (centre @ (side @ side.T) @ centre for side in (x, y))
    assert linear_cka(x, y) == pytest.approx(np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m)), rel=1e-5)


def test_neither_shift_nor_scale_of_a_whole_side_changes_cka():
    x, y = cloud(30), cloud(30, seed=1)
    assert linear_cka(3 * x + 5, y) == pytest.approx(linear_cka(x, y), abs=1e-5)


def test_a_side_that_does_not_vary_has_no_arrangement():
    x = cloud(30)
    same = np.full((30, 8), 0.1234567, np.float32)
    assert linear_cka(same, x) == linear_cka(x, same) == linear_cka(same, same) == 0
    # rounding of rows that point one way is no arrangement either
    assert linear_cka(unit(x[:1] * np.arange(1, 31, dtype=np.float32)[:, None]), x) == 0


def test_one_hub_takes_all():
    # 3 documents make 1 neighbour: each of the 4 queries has the first, N = 4, 0, 0
    assert hubness(at(1, 2, 3, 4), at(0, 90, 180)) == pytest.approx(1 / np.sqrt(2))


def test_documents_that_come_up_alike_have_no_hub():
    assert hubness(at(0, 90, 180), at(0, 90, 180)) == 0
    assert hubness(at(0, 0, 90, 90), at(0, 90)) == 0


def test_one_that_nobody_finds_is_lopsided_the_other_way():
    # N = 2, 2, 0
    assert hubness(at(0, 1, 90, 91), at(0, 90, 180)) == pytest.approx(-1 / np.sqrt(2))


def test_hubness_is_that_of_a_naive_count():
    from scipy.stats import skew

    queries, documents = unit(cloud(70)), unit(cloud(50, seed=1))
    counts = [0] * 50
    for q in queries:
        for j in sorted(range(50), key=lambda j: -(q @ documents[j]))[:10]:
            counts[j] += 1
    assert sum(counts) == 700
    assert hubness(queries, documents) == pytest.approx(skew(counts))


def test_a_document_in_the_middle_of_all_queries_is_a_hub():
    queries, documents = unit(cloud(200, 64) + 0.3), unit(cloud(200, 64, seed=1) + 0.3)
    hub = documents.copy()
    hub[0] = unit(queries.mean(axis=0, keepdims=True))
    assert hubness(queries, hub) > hubness(queries, documents) + 1
