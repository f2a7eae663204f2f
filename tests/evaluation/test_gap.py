"""Hand-worked cases of the gap measures, and a naive loop where there is a closed form."""

import json
import warnings

import numpy as np
import pytest

from mindgap.errors import CallerError
from mindgap.evaluation.gap import gap_measures, pair_folds, pair_groups
from mindgap.evaluation.measures import MEASURES

TURN = np.array([[1, 0], [0, 1]], np.float32)


def cloud(rows, dimension=16, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_two_pairs_by_hand():
    # both queries point along x; documents along x and y
    found = gap_measures(np.array([[2, 0], [5, 0]], np.float32), TURN, np.array([0, 1]))
    assert list(found) == list(MEASURES)
    # one unit of weight 1/2 stays on x, the other goes from x to y
    assert found["wasserstein"] == pytest.approx(np.sqrt(2) / 2)
    # the queries do not vary
    assert found["cka"] == 0
    # both queries have the first document nearest: with two documents that is as lopsided as one to one
    assert found["hubness"] == pytest.approx(0)
    assert found["pair_cosine"] == pytest.approx((1 + 0) / 2)
    assert found["random_cosine"] == pytest.approx((0 + 1) / 2)
    assert found["centroid_distance"] == pytest.approx(np.hypot(1 - 0.5, 0 - 0.5))
    assert found["accuracy"] == pytest.approx(1 / 2)


def test_identical_sides_have_no_gap():
    vectors = cloud(40)
    found = gap_measures(vectors, vectors, np.arange(40))
    assert found["centroid_distance"] == 0
    assert found["pair_cosine"] == pytest.approx(1)
    assert found["accuracy"] == 1
    # a pair of equal vectors gets one answer, right for one of the two; were pairs torn apart it would be below
    assert found["separability"] == 0.5
    assert found["wasserstein"] == pytest.approx(0, abs=1e-6)
    assert found["sliced_wasserstein"] == pytest.approx(0, abs=1e-9)
    assert found["mutual_knn"] == 1
    assert found["cka"] == pytest.approx(1)


def test_what_names_no_side_is_the_same_from_both_sides():
    queries, documents = cloud(30, seed=7), cloud(30, seed=8)
    one, other = gap_measures(queries, documents, np.arange(30)), gap_measures(documents, queries, np.arange(30))
    for name in set(MEASURES) - {"accuracy", "hubness", "separability"}:
        assert one[name] == pytest.approx(other[name], abs=1e-6), name


def test_the_order_of_pairs_and_rows_does_not_matter():
    queries, documents = cloud(30, seed=7), cloud(30, seed=7) + cloud(30, seed=8)
    order = np.random.default_rng(9).permutation(30)
    plain, shuffled = (
        gap_measures(queries, documents, np.arange(30)),
        gap_measures(queries, documents[order], order.argsort()),
    )
    # folds are cut in the order of the rows
    for name in set(MEASURES) - {"separability"}:
        assert plain[name] == pytest.approx(shuffled[name], abs=1e-6), name


def test_wrong_partners_show_where_partners_are_compared_and_nowhere_else():
    queries = cloud(60, seed=7)
    documents = queries + 0.3 * cloud(60, seed=8)
    right, wrong = (gap_measures(queries, documents, np.roll(np.arange(60), by)) for by in (0, 1))
    for name in ("pair_cosine", "accuracy", "mutual_knn", "cka"):
        assert right[name] > wrong[name] + 0.2, name
    for name in ("centroid_distance", "wasserstein", "sliced_wasserstein", "hubness"):
        assert right[name] == wrong[name], name


def test_a_rotation_of_one_side_tears_pairs_apart_but_not_how_each_side_is_arranged():
    queries = cloud(50, seed=7)
    documents = queries + 0.5 * cloud(50, seed=8)
    rotation = np.linalg.qr(cloud(16, seed=9))[0]
    plain, turned = (gap_measures(q, documents, np.arange(50)) for q in (queries, queries @ rotation))
    assert turned["accuracy"] < plain["accuracy"]
    assert turned["wasserstein"] > plain["wasserstein"]
    assert turned["mutual_knn"] == pytest.approx(plain["mutual_knn"])
    assert turned["cka"] == pytest.approx(plain["cka"], abs=1e-5)


def test_sides_shifted_apart_are_told_apart():
    vectors = cloud(40)
    shift = np.zeros(16, np.float32)
    shift[3] = 20
    found = gap_measures(vectors - shift, vectors + shift, np.arange(40))
    assert found["separability"] == 1
    assert found["centroid_distance"] > 1.8
    assert found["pair_cosine"] < 0


def test_random_cosine_is_the_mean_over_all_other_combinations():
    queries, documents = cloud(23, seed=1), cloud(9, seed=2)
    document_of = np.arange(23) % 9
    cosines = unit(queries) @ unit(documents).T
    others = [cosines[i, j] for i in range(23) for j in range(9) if j != document_of[i]]
    found = gap_measures(queries, documents, document_of)
    assert found["random_cosine"] == pytest.approx(np.mean(others), abs=1e-6)
    assert found["pair_cosine"] == pytest.approx(np.mean(cosines[np.arange(23), document_of]), abs=1e-6)
    assert found["accuracy"] == pytest.approx(np.mean(cosines.argmax(axis=1) == document_of))


def test_a_query_with_two_documents_is_right_with_either_and_neither_is_random():
    # query 0 answers documents 0 and 1, query 1 document 2
    queries = np.array([[1, 0, 0], [0, 0, 1]], np.float32)
    documents = np.array([[0.6, 0.8, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    found = gap_measures(queries, documents, np.array([0, 1, 2]), np.array([0, 0, 1]))
    assert found["accuracy"] == 1
    assert found["pair_cosine"] == pytest.approx((0.6 + 1 + 1) / 3)
    assert found["random_cosine"] == pytest.approx(0)


def test_lengths_do_not_matter():
    queries, documents = cloud(30, seed=3), cloud(30, seed=4)
    lengths = np.random.default_rng(5).uniform(0.01, 100, (30, 1)).astype(np.float32)
    plain = gap_measures(queries, documents, np.arange(30))
    scaled = gap_measures(queries * lengths, documents * 1000, np.arange(30))
    assert scaled == pytest.approx(plain, abs=1e-5)


def test_the_same_input_gives_the_same_measures():
    queries, documents = cloud(30, seed=3), cloud(30, seed=4)
    assert gap_measures(queries, documents, np.arange(30)) == gap_measures(queries, documents, np.arange(30))


def test_chance_is_one_half_also_where_queries_outnumber_documents():
    rows = cloud(12, seed=6)
    document_of = np.repeat(np.arange(12), 5)
    assert gap_measures(rows[document_of], rows, document_of)["separability"] == pytest.approx(0.5)


def test_folds_keep_pairs_together():
    document_of = np.array([0, 1, 2, 3, 4, 5, 6, 0, 1, 1])
    groups = pair_groups(10, 7, document_of, np.arange(10))
    assert (groups[:10] == groups[10 + document_of]).all()
    assert groups.max() + 1 == 7
    folds = pair_folds(groups)
    assert len(folds) == 5
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(17))
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])


def test_documents_that_share_a_query_are_one_group():
    groups = pair_groups(3, 4, np.array([0, 1, 1, 2, 3]), np.array([0, 0, 1, 2, 2]))
    assert len(set(groups[[0, 1, 3, 4]])) == 1
    assert len(set(groups[[2, 5, 6]])) == 1
    assert groups[0] != groups[2]


@pytest.mark.parametrize(("pairs", "folds"), [(2, 2), (3, 3), (5, 5), (8, 5)])
def test_fewer_pairs_make_fewer_folds(pairs, folds):
    assert len(pair_folds(pair_groups(pairs, pairs, np.arange(pairs), np.arange(pairs)))) == folds
    assert all(np.isfinite(list(gap_measures(cloud(pairs), cloud(pairs), np.arange(pairs)).values())))


ONES, ZEROS = np.ones((6, 4), np.float32), np.zeros((6, 4), np.float32)


@pytest.mark.parametrize(
    ("queries", "documents"),
    [
        (ONES, ONES),
        (ONES, -ONES),
        (ZEROS, ZEROS),
        (ZEROS, cloud(6, 4)),
        (cloud(6, 4), ONES),
        (cloud(6, 1), cloud(6, 1, seed=1)),
        (cloud(2, 4), cloud(2, 4, seed=1)),
        (ONES[:2], ONES[:2]),
        (cloud(1, 4).repeat(6, 0) * np.arange(1, 7, dtype=np.float32)[:, None], cloud(6, 4)),
        (cloud(6, 4) * 1e15, cloud(6, 4) * 1e-9),
    ],
)
def test_no_vectors_make_a_number_that_json_has_no_word_for(queries, documents):
    with warnings.catch_warnings():
        # a division by 0 would warn before it shows
        warnings.simplefilter("error", RuntimeWarning)
        found = gap_measures(queries, documents, np.arange(len(queries)))
    json.dumps(found, allow_nan=False)
    assert all(type(value) is float for value in found.values())


def test_every_measure_has_a_label_one_sentence_a_source_and_a_direction():
    assert list(MEASURES) == [
        "pair_cosine", "random_cosine", "centroid_distance", "separability", "accuracy",
        "wasserstein", "sliced_wasserstein", "mutual_knn", "cka", "hubness",
    ]  # fmt: skip
    assert len({about.label for about in MEASURES.values()}) == len(MEASURES)
    for about in MEASURES.values():
        assert about.sentence.endswith(".")
        assert about.sentence.count(". ") == 0
        assert about.source
        assert about.better in ("higher", "lower", None)
    with pytest.raises(TypeError):
        MEASURES["more"] = about


def test_pairs_that_all_hang_together_are_refused():
    with pytest.raises(CallerError, match="at least 2 pairs"):
        gap_measures(cloud(1), cloud(1), np.array([0]))
    with pytest.raises(CallerError, match="at least 2 pairs"):
        gap_measures(cloud(3), cloud(1), np.array([0, 0, 0]))
    with pytest.raises(CallerError, match="at least 2 pairs"):
        # a document of no query is nothing to compare with
        gap_measures(cloud(1), cloud(2), np.array([0]))
