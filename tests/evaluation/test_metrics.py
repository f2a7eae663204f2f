"""Hand-worked cases, and scikit-learn where it has the measure."""

import math

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from mindgap.evaluation.metrics import (
    accuracy_at_1,
    harmonic_mean,
    mrr_at,
    ndcg_at,
    query_scores,
    recall_at,
    retrieval_metrics,
    weighted_precision_recall_f1,
)

# three queries over documents 0..3: found first, found third, not found among three
RANKED = np.array([[0, 1, 2], [0, 2, 1], [3, 1, 0]])
GOLDS = [(0,), (1,), (2,)]


def test_by_hand():
    assert accuracy_at_1(RANKED, GOLDS) == pytest.approx(1 / 3)
    assert mrr_at(10, RANKED, GOLDS) == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert mrr_at(2, RANKED, GOLDS) == pytest.approx(1 / 3)
    assert ndcg_at(10, RANKED, GOLDS) == pytest.approx((1 + 1 / math.log2(4) + 0) / 3)
    assert recall_at(3, RANKED, GOLDS) == pytest.approx(2 / 3)
    assert recall_at(1, RANKED, GOLDS) == pytest.approx(1 / 3)


def test_weighted_averages_by_hand():
    # classes 0, 1, 2 with one query each; predictions 0, 0, 3: precision of class 0 is 1/2, of the others 0
    precision, recall, f1 = weighted_precision_recall_f1(RANKED, GOLDS)
    assert precision == pytest.approx((0.5 + 0 + 0) / 3)
    assert recall == pytest.approx(accuracy_at_1(RANKED, GOLDS))
    assert f1 == pytest.approx((2 * 0.5 * 1 / 1.5) / 3)


def test_several_golds():
    ranked, golds = np.array([[5, 1, 2, 7]]), [(2, 5, 9)]
    assert accuracy_at_1(ranked, golds) == 1
    assert recall_at(10, ranked, golds) == pytest.approx(2 / 3)
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg_at(10, ranked, golds) == pytest.approx((1 + 1 / math.log2(4)) / best)
    assert weighted_precision_recall_f1(ranked, golds)[1] == 1


def test_ndcg_agrees_with_scikit_learn():
    generator = np.random.default_rng(0)
    scores = generator.random((40, 25))
    golds = [tuple(generator.choice(25, size=generator.integers(1, 4), replace=False)) for _ in range(40)]
    relevance = np.zeros((40, 25))
    for row, gold in zip(relevance, golds, strict=True):
        row[list(gold)] = 1
    ranked = np.argsort(-scores, axis=1)[:, :10]
    assert ndcg_at(10, ranked, golds) == pytest.approx(ndcg_score(relevance, scores, k=10))


def test_each_query_has_its_scores():
    found = query_scores(RANKED, GOLDS)
    assert {name: list(scores) for name, scores in found.items()} == {
        "accuracy": [1, 0, 0],
        "mrr_at_10": [1, pytest.approx(1 / 3), 0],
        "ndcg_at_10": [1, pytest.approx(1 / 2), 0],
        "recall_at_1": [1, 0, 0],
        "recall_at_5": [1, 1, 0],
        "recall_at_10": [1, 1, 0],
    }


def naive_scores(row, gold):
    """One query by plain loops."""
    gains = [1.0 if place in gold else 0.0 for place in row]
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(10, len(set(gold))) + 1))
    return {
        "accuracy": gains[0],
        "mrr_at_10": max(gain / rank for rank, gain in enumerate(gains[:10], 1)),
        "ndcg_at_10": sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:10], 1)) / best,
        **{f"recall_at_{k}": len(set(row[:k]) & set(gold)) / len(set(gold)) for k in (1, 5, 10)},
    }


@pytest.mark.parametrize(("documents", "most_golds"), [(3, 2), (40, 1), (40, 5), (40, 15)])
def test_scores_agree_with_a_loop_over_the_queries_and_metrics_are_their_means(documents, most_golds):
    generator = np.random.default_rng(documents + most_golds)
    ranked = np.stack([generator.permutation(documents)[:10] for _ in range(50)])
    golds = [tuple(generator.integers(0, documents, generator.integers(1, most_golds + 1))) for _ in range(50)]
    found = query_scores(ranked, golds)
    naive = [naive_scores(list(row), gold) for row, gold in zip(ranked, golds, strict=True)]
    for name, scores in found.items():
        assert scores.shape == (50,)
        assert scores == pytest.approx([one[name] for one in naive])
    metrics = retrieval_metrics(ranked, golds)
    assert list(metrics) == ["accuracy", "precision", "recall", "f1", "mrr_at_10", "ndcg_at_10", "recall_at_10"]
    for name in set(metrics) & set(found):
        assert metrics[name] == found[name].mean()


def test_harmonic_mean_is_the_formula_of_the_paper_not_its_table():
    assert harmonic_mean(0.9653, 23.81) == pytest.approx(1.8554, abs=1e-4)
    assert harmonic_mean(0, 0) == 0
