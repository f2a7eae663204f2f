"""Hand-worked cases, exact enumeration of the sign flips, and SciPy where it has the same."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from mindgap.evaluation import significance
from mindgap.evaluation.significance import bootstrap_interval, holm, intervals, paired_test, pairwise_differences


def exact_p(differences):
    """Share of all 2^n sign patterns whose sum is at least as far from 0 as the observed one."""
    observed = abs(sum(differences))
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(value >= observed - 1e-9 for value in sums) / len(sums)


def test_the_interval_of_a_share_is_that_of_the_binomial_distribution():
    scores = np.arange(400) < 100
    low, high = bootstrap_interval(scores)
    expected = stats.binom.ppf([0.025, 0.975], 400, 0.25) / 400
    assert (low, high) == pytest.approx(tuple(expected), abs=2 / 400)
    assert low < 0.25 < high


def test_the_interval_agrees_with_scipy():
    scores = np.random.default_rng(3).exponential(size=150)
    reference = stats.bootstrap((scores,), np.mean, method="percentile", n_resamples=5000, rng=np.random.default_rng(1))
    assert bootstrap_interval(scores, resamples=5000) == pytest.approx(tuple(reference.confidence_interval), abs=0.02)


def test_two_queries_by_hand():
    # means 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4: the middle 40 % are all 1/2, the middle 95 % reach both ends
    assert bootstrap_interval(np.array([0, 1]), confidence=0.4) == (0.5, 0.5)
    assert bootstrap_interval(np.array([0, 1])) == (0, 1)


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("queries", [1, 7])
def test_equal_scores_have_an_interval_of_no_width(value, queries):
    assert bootstrap_interval(np.full(queries, value)) == (value, value)


def test_more_confidence_is_wider_and_a_seed_repeats():
    scores = np.random.default_rng(0).random(60)
    narrow, wide = bootstrap_interval(scores, 0.5), bootstrap_interval(scores, 0.99)
    assert wide[0] < narrow[0] < scores.mean() < narrow[1] < wide[1]
    assert bootstrap_interval(scores) == bootstrap_interval(scores)
    assert bootstrap_interval(scores) != bootstrap_interval(scores, seed=1)


def test_drawing_in_portions_changes_nothing_that_matters(monkeypatch):
    scores, other = np.random.default_rng(4).random((2, 80))
    whole, test = bootstrap_interval(scores), paired_test(scores, other)
    monkeypatch.setattr(significance, "_DRAWN_AT_ONCE", 700)
    assert bootstrap_interval(scores) == pytest.approx(whole, abs=0.01)
    assert paired_test(scores, other).p == pytest.approx(test.p, abs=0.03)
    assert significance._portions(20, 80) == [8, 8, 4]


@pytest.mark.parametrize(
    "differences",
    [
        [1, 1, 1, 1, 1],
        [3, -1, 2, 0, 4, 0.5],
        [0.1, 0.2, 0.3],
        [0.1, 0.2, -0.3],
        [1, -1, 1, 1, 1, 0, 1, -1, 1, 1],
        [5, 0, 0, 0],
    ],
)
def test_p_is_that_of_all_sign_patterns(differences):
    b = np.linspace(0, 1, len(differences))
    found = paired_test(b + np.array(differences), b)
    assert found.p == pytest.approx(exact_p(differences), abs=0.015)
    assert found.difference == pytest.approx(np.mean(differences))


def test_p_agrees_with_scipy():
    a, b = np.random.default_rng(5).random((2, 12)) + np.array([[0.2], [0.0]])
    reference = stats.permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples")
    assert paired_test(a, b).p == pytest.approx(reference.pvalue, abs=0.015)


def test_the_order_of_the_systems_only_turns_the_sign():
    a, b = np.random.default_rng(6).random((2, 50))
    there, back = paired_test(a, b), paired_test(b, a)
    assert (back.difference, back.p) == (-there.difference, there.p)
    assert there.interval[0] <= there.difference <= there.interval[1]


def test_identical_systems_do_not_differ():
    scores = np.random.default_rng(7).random(30)
    found = paired_test(scores, scores)
    assert (found.difference, found.interval, found.p) == (0, (0, 0), 1)


def test_p_is_never_zero():
    assert paired_test(np.ones(200), np.zeros(200)).p == 1 / (significance.PERMUTATIONS + 1)


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(ValueError, match="different queries"):
        paired_test(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="no interval"):
        bootstrap_interval(np.array([]))
    with pytest.raises(ValueError, match="confidence 95"):
        bootstrap_interval(np.ones(3), confidence=95)


def test_holm_by_hand():
    # smallest times 3, next times 2, but never below the one before
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


def test_every_pair_of_systems_is_compared_once():
    generator = np.random.default_rng(8)
    systems = [
        (name, {"accuracy": (generator.random(40) < share) * 1.0})
        for name, share in (("a", 0.9), ("b", 0.1), ("c", 0.1))
    ]
    found = pairwise_differences(systems, "accuracy")
    assert [(row["a"], row["b"]) for row in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [row["p_holm"] for row in found] == holm([row["p"] for row in found])
    assert found[0]["difference"] == systems[0][1]["accuracy"].mean() - systems[1][1]["accuracy"].mean()
    assert found[0]["p_holm"] < 0.01 < found[2]["p_holm"]
    assert set(found[0]) == {"a", "b", "metric", "difference", "interval", "p", "p_holm"}
    assert pairwise_differences(systems[:1], "accuracy") == []


def test_intervals_are_given_for_each_measure():
    assert intervals({"accuracy": np.ones(5), "recall_at_10": np.zeros(5)}) == {
        "accuracy": [1, 1],
        "recall_at_10": [0, 0],
    }
