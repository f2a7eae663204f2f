"""The learned similarities: what they compute, what they start from, and that they learn."""

import dataclasses

import numpy as np
import pytest
import torch

from mindgap.errors import CallerError
from mindgap.evaluation.similarity import cosine_scores
from mindgap.training import scorers
from mindgap.training.pairs import EmbeddedPairs
from mindgap.training.scorers import (
    BILINEAR,
    MLP,
    SCORERS,
    BilinearScorer,
    MLPScorer,
    ScorerSettings,
    TrainedScorer,
    softmax_loss,
    train_scorer,
    train_seeds,
)

QUICK = ScorerSettings(0.1, 0.01, 16, epochs=6, batch_size=20, learning_rate=0.1)
each_scorer = pytest.mark.parametrize("scorer", SCORERS, ids=lambda s: s.name)


def cloud(rows, dimension, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)


def swapped_pairs(n=120, d=8, seed=0, labels=None):
    """Documents, and queries with two halves of the dimensions swapped: the cosine is blind to it."""
    documents = cloud(n, d, seed)
    queries = np.roll(documents, d // 2, axis=1) + 0.1 * cloud(n, d, seed + 1)
    return EmbeddedPairs(queries, documents, np.arange(n), np.ones(n, np.int64) if labels is None else labels)


def test_the_bilinear_score_by_hand():
    network = BilinearScorer(2, QUICK)
    with torch.no_grad():
        network.added.copy_(torch.tensor([[0.0, 1.0], [0.0, 0.0]]))
    # (3, 4) has length 5; W = [[1, 1], [0, 1]] makes it (0.6, 1.4); (0, 2) has length 2
    found = network(torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 2.0], [7.0, 0.0]]))
    torch.testing.assert_close(found, torch.tensor([[1.4, 0.6]]))


@pytest.mark.parametrize("dimension", [1, 7, 32])
def test_the_bilinear_scorer_starts_as_the_cosine(dimension):
    q, d = cloud(30, dimension), cloud(40, dimension, 1)
    start = TrainedScorer(BilinearScorer(dimension, QUICK), QUICK, 0, (), 0.0).scores(q, d)
    np.testing.assert_allclose(start, cosine_scores(q, d), atol=1e-6)
    np.testing.assert_array_equal(start.argmax(axis=1), cosine_scores(q, d).argmax(axis=1))


@pytest.mark.parametrize(("queries", "documents", "dimension"), [(1, 1, 1), (3, 5, 7), (6, 2, 4)])
def test_the_mlp_gives_what_its_layers_give_on_each_pair_alone(queries, documents, dimension):
    network = MLPScorer(dimension, QUICK)
    q, d = cloud(queries, dimension), cloud(documents, dimension, 1)
    found = TrainedScorer(network, QUICK, 0, (), 0.0).scores(q, d)
    for i, a in enumerate(torch.nn.functional.normalize(torch.from_numpy(q))):
        for j, b in enumerate(torch.nn.functional.normalize(torch.from_numpy(d))):
            looked_at = torch.cat([a, b, (a - b).abs(), a * b])
            expected = network.outer(torch.relu(network.inner(looked_at))).item()
            assert found[i, j] == pytest.approx(expected, abs=1e-5)


@each_scorer
def test_blocks_of_any_size_give_the_same_scores(monkeypatch, scorer):
    trained = TrainedScorer(scorer.network(5, QUICK), QUICK, 0, (), 0.0)
    q, d = cloud(9, 5), cloud(11, 5, 1)
    whole = trained.scores(q, d)
    monkeypatch.setattr(scorers, "_QUERIES_AT_ONCE", 4)
    monkeypatch.setattr(scorers, "_DOCUMENTS_AT_ONCE", 3)
    np.testing.assert_allclose(trained.scores(q, d), whole, atol=1e-6)


@each_scorer
def test_rows_of_zeros_give_finite_scores(scorer):
    trained = TrainedScorer(scorer.network(5, QUICK), QUICK, 0, (), 0.0)
    assert np.isfinite(trained.scores(np.zeros((2, 5), np.float32), cloud(3, 5))).all()


def test_the_softmax_loss_by_hand():
    # rows and columns alike: -log(e^2 / (e^2 + 1))
    scores = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert softmax_loss(scores, 0.5).item() == pytest.approx(np.log(1 + np.exp(-2)), abs=1e-6)
    assert softmax_loss(torch.zeros(5, 5), 0.05).item() == pytest.approx(np.log(5), abs=1e-6)
    # by rows it is certain, by columns it is not
    assert softmax_loss(torch.tensor([[0.0, -99.0], [0.0, 99.0]]), 1).item() == pytest.approx(np.log(2) / 4, abs=1e-6)


@each_scorer
def test_training_lowers_the_loss_and_finds_what_the_cosine_cannot_see(scorer):
    train, unseen = swapped_pairs(300), swapped_pairs(seed=5)
    settings = dataclasses.replace(QUICK, epochs=15, hidden=64, learning_rate=1e-2)
    trained = train_scorer(scorer, train, swapped_pairs(seed=9), settings)
    assert trained.losses[-1] < 0.7 * trained.losses[0]
    assert len(trained.losses) == 15
    by_cosine = (cosine_scores(unseen.queries, unseen.documents).argmax(axis=1) == unseen.document_of).mean()
    found = (trained.scores(unseen.queries, unseen.documents).argmax(axis=1) == unseen.document_of).mean()
    assert by_cosine < 0.1
    assert found > (0.8 if scorer is BILINEAR else 0.1)


@each_scorer
def test_the_same_seed_gives_the_same_scorer_and_leaves_torch_alone(scorer):
    train, validation = swapped_pairs(60), swapped_pairs(30, seed=4)
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first = train_scorer(scorer, train, validation, QUICK, seed=3)
    assert torch.equal(torch.rand(1), expected)
    again = train_scorer(scorer, train, validation, QUICK, seed=3)
    assert (first.losses, first.epoch) == (again.losses, again.epoch)
    np.testing.assert_array_equal(
        first.scores(train.queries, train.documents), again.scores(train.queries, train.documents)
    )
    assert train_scorer(scorer, train, validation, QUICK, seed=4).losses != first.losses


def test_the_epoch_that_was_best_on_validation_is_kept():
    train, validation = swapped_pairs(60), swapped_pairs(40, seed=4)
    trained = train_scorer(BILINEAR, train, validation, QUICK)
    right = trained.scores(validation.queries, validation.documents).argmax(axis=1) == validation.document_of
    assert trained.epoch > 0
    assert trained.validation_accuracy == right.mean()
    # training on swapped pairs can only harm where the cosine is right already
    same = EmbeddedPairs(validation.documents, validation.documents, validation.document_of, validation.labels)
    untouched = train_scorer(BILINEAR, train, same, QUICK)
    assert (untouched.epoch, untouched.validation_accuracy) == (0, 1.0)
    np.testing.assert_allclose(
        untouched.scores(same.queries, same.documents), cosine_scores(same.queries, same.documents), atol=1e-6
    )


def test_false_pairs_are_not_learned_from():
    labels = np.ones(120, np.int64)
    labels[60:] = 0
    mixed = swapped_pairs(labels=labels)
    mixed.queries[60:] = 7
    clean = EmbeddedPairs(mixed.queries[:60], mixed.documents, mixed.document_of[:60], labels[:60])
    validation = swapped_pairs(30, seed=4)
    assert (
        train_scorer(BILINEAR, mixed, validation, QUICK).losses
        == train_scorer(BILINEAR, clean, validation, QUICK).losses
    )


def test_the_first_seed_chooses_the_settings_for_all_and_steps_count_over_all_trainings():
    lame = dataclasses.replace(QUICK, learning_rate=1e-9)
    scorer = dataclasses.replace(BILINEAR, grid=(lame, QUICK, QUICK))
    seen = []
    train, validation = swapped_pairs(60), swapped_pairs(40, seed=4)
    trained = train_seeds(scorer, train, validation, (7, 8), lambda done, total: seen.append((done, total)))
    assert [one.settings for one in trained] == [QUICK, QUICK]
    assert trained[0].losses == train_scorer(BILINEAR, train, validation, QUICK, seed=7).losses
    assert trained[1].losses == train_scorer(BILINEAR, train, validation, QUICK, seed=8).losses
    # 3 settings and 1 more seed, each 6 epochs of 3 batches
    assert seen == [(done, 72) for done in range(1, 73)]


def test_a_step_that_raises_ends_the_training_and_gives_torch_back():
    def stop(done, total):
        raise KeyboardInterrupt

    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    with pytest.raises(KeyboardInterrupt):
        train_scorer(MLP, swapped_pairs(30), swapped_pairs(30), QUICK, step=stop)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(("train", "validation"), [(1, 5), (5, 0)])
def test_too_few_pairs_are_refused(train, validation):
    def pairs(count):
        return swapped_pairs(6, labels=(np.arange(6) < count).astype(np.int64))

    with pytest.raises(CallerError, match=f"{train} true training pairs and {validation} for validation"):
        train_scorer(BILINEAR, pairs(train), pairs(validation), QUICK)


@pytest.mark.parametrize(
    "change",
    [{"temperature": 0}, {"weight_decay": -1}, {"hidden": 0}, {"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0}],
)
def test_settings_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match="out of range"):
        dataclasses.replace(QUICK, **change)


def test_the_smallest_training_there_can_be():
    settings = dataclasses.replace(QUICK, epochs=1, batch_size=2)
    trained = train_scorer(BILINEAR, swapped_pairs(2, 3), swapped_pairs(2, 3), settings)
    assert np.isfinite(trained.scores(cloud(2, 3), cloud(2, 3))).all()


@each_scorer
def test_each_scorer_says_what_it_is_and_has_settings_to_choose_from(scorer):
    assert scorer.about.endswith(".")
    assert len(set(scorer.grid)) > 1
    assert all((settings.hidden is not None) == (scorer is MLP) for settings in scorer.grid)


def test_an_mlp_needs_a_width():
    with pytest.raises(ValueError, match="width"):
        MLPScorer(4, dataclasses.replace(QUICK, hidden=None))
