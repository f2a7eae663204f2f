import numpy as np
import pytest

from mindgap.pretraining.masking import mask_batch, plan_batches

PAD, MASK, SPECIAL = 0, 4, [0, 1, 2, 3, 4]


def rows(n, length, seed=0):
    generator = np.random.default_rng(seed)
    return [[2, *generator.integers(5, 50, length).tolist(), 3] for _ in range(n)]


def test_every_row_once_and_no_batch_over_its_tokens():
    lengths = np.random.default_rng(1).integers(3, 200, 500).tolist()
    batches = plan_batches(lengths, 1_000, np.random.default_rng(0))
    assert sorted(i for batch in batches for i in batch) == list(range(500))
    assert all(len(batch) * max(lengths[i] for i in batch) <= 1_000 for batch in batches)
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    assert padded < 1.2 * sum(lengths)


def test_a_row_longer_than_a_batch_stands_alone():
    assert plan_batches([5, 900], 100, np.random.default_rng(0)) in ([[0], [1]], [[1], [0]])


def test_the_order_is_another_each_time_but_follows_from_the_seed():
    plans = [plan_batches([9] * 300, 90, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert plans[0] == plans[1] != plans[2]


def test_the_share_and_the_three_ways_of_masking():
    tokens = rows(400, 60)
    made = mask_batch(tokens, 0.15, 50, SPECIAL, PAD, MASK, np.random.default_rng(0))
    original = np.array(tokens)
    places = made.guessed
    assert places.sum() / (400 * 60) == pytest.approx(0.15, abs=0.01)
    assert (made.targets == original[places]).all()
    assert (made.inputs == original)[~places].all()
    hidden = (made.inputs[places] == MASK).mean()
    kept = (made.inputs[places] == made.targets).mean()
    assert hidden == pytest.approx(0.8, abs=0.03)
    assert kept == pytest.approx(0.1, abs=0.03)


def test_special_tokens_and_padding_are_never_guessed():
    made = mask_batch([[2, 7, 3], [2, 8, 9, 10, 11, 3]], 0.9, 50, SPECIAL, PAD, MASK, np.random.default_rng(0))
    assert not made.guessed[:, 0].any()
    assert not made.guessed[0, 2:].any()
    assert made.attention.tolist() == [[True] * 3 + [False] * 3, [True] * 6]


def test_at_least_one_token_is_guessed():
    assert mask_batch([[2, 7, 3]], 0.0, 50, SPECIAL, PAD, MASK, np.random.default_rng(3)).guessed.sum() == 1
