import dataclasses

import numpy as np
import pytest
import torch

from mindgap.errors import CallerError
from mindgap.projections import METHODS
from mindgap.projections.identity import IdentityProjection
from mindgap.training.pairs import EmbeddedPairs, top1_accuracy
from mindgap.training.trainer import train_projection


def rotated_pairs(n=300, d=16, seed=0, labels=None):
    """Documents, and the same turned by a fixed rotation with a little noise: what a projection can undo."""
    generator = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(np.random.default_rng(99).standard_normal((d, d)))
    documents = generator.standard_normal((n, d)).astype(np.float32)
    queries = (documents @ rotation + 0.1 * generator.standard_normal((n, d))).astype(np.float32)
    labels = np.ones(n, dtype=np.int64) if labels is None else labels
    return EmbeddedPairs(queries, documents, np.arange(n), labels)


def small(method):
    recipe = method.recipe and dataclasses.replace(
        method.recipe, hidden=64, epochs=15, batch_size=16, learning_rate=3e-3
    )
    return method, recipe


def shifted_pairs(n=300, d=16, seed=0):
    """Documents, and the same far off in one direction with some noise: what a shift of the mean can undo."""
    generator = np.random.default_rng(seed)
    documents = generator.standard_normal((n, d)).astype(np.float32)
    far = 8 * np.random.default_rng(99).standard_normal(d)
    queries = (documents + far + 0.3 * generator.standard_normal((n, d))).astype(np.float32)
    return EmbeddedPairs(queries, documents, np.arange(n), np.ones(n, dtype=np.int64))


# what knows only each side's own mean and spread cannot find a rotation
UNTURNED = {"identity", "centred", "soft-zca"}


@pytest.mark.parametrize("name", ["centred", "soft-zca", "cca", "residual"])
def test_methods_that_centre_close_a_gap_that_a_shift_made(name):
    method, recipe = small(METHODS.get(name))
    unseen = shifted_pairs(seed=1)
    before = top1_accuracy(IdentityProjection(), unseen)
    trained = train_projection(method, shifted_pairs(), shifted_pairs(seed=2), recipe)
    assert top1_accuracy(trained.projection, unseen) > before + 0.5


@pytest.mark.parametrize("name", [name for name in METHODS.names() if name not in UNTURNED])
def test_every_method_closes_a_gap_that_a_rotation_made(name):
    method, recipe = small(METHODS.get(name))
    train, unseen = rotated_pairs(), rotated_pairs(seed=1)
    before = top1_accuracy(IdentityProjection(), unseen)
    trained = train_projection(method, train, rotated_pairs(seed=2), recipe)
    assert top1_accuracy(trained.projection, unseen) > before + 0.3


@pytest.mark.parametrize("name", METHODS.names())
def test_the_same_seed_gives_the_same_projection_and_leaves_torch_alone(name):
    method, recipe = small(METHODS.get(name))
    train = rotated_pairs(60)
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first = train_projection(method, train, None, recipe, seed=3)
    assert torch.equal(torch.rand(1), expected)
    again = train_projection(method, train, None, recipe, seed=3)
    for key, value in first.projection.tensors().items():
        np.testing.assert_array_equal(value, again.projection.tensors()[key])


def test_a_residual_projection_starts_as_the_linear_map_that_it_is_given():
    from mindgap.projections.networks import NetworkProjection

    method, pairs = METHODS.get("residual"), rotated_pairs(50)
    start = method.start.solve(pairs.queries, pairs.documents, **method.start.grid[0])
    projection = NetworkProjection(method.network(16, 16, method.recipe), start)
    expected = start.map_queries(pairs.queries)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(projection.map_queries(pairs.queries), expected, atol=1e-6)
    np.testing.assert_array_equal(projection.map_documents(pairs.documents), start.map_documents(pairs.documents))


def descent(pairs, **settings):
    from mindgap.training.descent import Descent

    recipe = dataclasses.replace(METHODS.get("n-pairs").recipe, hidden=8, batch_size=4, **settings)
    network = METHODS.get("n-pairs").network(16, 16, recipe)
    return Descent(network, recipe, pairs, 10, np.random.default_rng(0)), network


def test_wrong_queries_come_along_as_rows_of_label_0():
    pairs = rotated_pairs(6)
    wrong = np.full((2, 16), 7, dtype=np.float32)
    pairs = dataclasses.replace(pairs, wrong_queries=wrong, wrong_of=np.array([0, 1]))
    training, _ = descent(pairs, wrong_queries=True)
    queries, batch = training._batch([0, 1, 5])
    assert batch.labels.tolist() == [1, 1, 1, 0, 0, 0]
    assert (queries[3:5] == 7).all()
    # document 5 has none of its own: the query of another document stands in
    others = [i for i in range(5) if np.array_equal(queries[5].numpy(), pairs.queries[i])]
    assert len(others) == 1
    assert torch.equal(batch.documents[:3], batch.documents[3:])


def test_hard_negatives_are_the_nearest_wrong_documents():
    pairs = rotated_pairs(40)
    training, network = descent(pairs, loss="info-nce", hard_negatives=3)
    near = training._near_and_wrong()
    with torch.no_grad():
        projected = network.eval()(torch.from_numpy(pairs.queries)).numpy()
    unit = pairs.documents / np.linalg.norm(pairs.documents, axis=1, keepdims=True)
    for row, query in enumerate(projected):
        order = [int(place) for place in np.argsort(-(unit @ query)) if place != row]
        assert near[row].tolist() == order[:20]
    training._near = near
    _, batch = training._batch([2, 9])
    assert batch.hard.shape == (2, 3, 16)


def test_a_learned_temperature_moves_and_a_fixed_one_does_not():
    for learned in (True, False):
        training, _ = descent(rotated_pairs(40), loss="info-nce", learn_temperature=learned)
        before = training._log_temperature.item()
        training.epoch(1, [list(range(20)), list(range(20, 40))])
        assert (training._log_temperature.item() != before) == learned


def test_the_best_epoch_is_kept_and_the_start_is_one_of_them():
    method = METHODS.get("residual")
    pairs, validation = rotated_pairs(200), rotated_pairs(200, seed=1)
    wild = dataclasses.replace(method.recipe, hidden=32, epochs=6, batch_size=50, learning_rate=0.3, pull=0.0)
    trained = train_projection(method, pairs, validation, wild)
    kept, accuracies = trained.settings["kept_epoch"], [epoch.validation_accuracy for epoch in trained.epochs]
    start = method.start.solve(pairs.queries, pairs.documents, **trained.settings["start_settings"])
    best = max([top1_accuracy(start, validation), *accuracies])
    assert min(accuracies) < best
    assert (
        top1_accuracy(trained.projection, validation) == best == [top1_accuracy(start, validation), *accuracies][kept]
    )


def test_weight_decay_shrinks_weights_and_spares_biases():
    training, network = descent(rotated_pairs(40), weight_decay=0.5)
    groups = training._optimiser.param_groups
    assert [group["weight_decay"] for group in groups] == [0.5, 0.0]
    assert {p.ndim for p in groups[0]["params"]} == {2}
    assert sum(len(g["params"]) for g in groups) == len(list(network.parameters()))


def test_closed_forms_report_one_epoch_without_a_loss():
    trained = train_projection(METHODS.get("ridge"), rotated_pairs(50), rotated_pairs(30, seed=1))
    (epoch,) = trained.epochs
    assert (epoch.epoch, epoch.loss) == (1, None)
    assert 0 <= epoch.validation_accuracy <= 1


def test_the_grid_is_searched_on_validation():
    trained = train_projection(METHODS.get("ridge"), rotated_pairs(200), rotated_pairs(200, seed=1))
    weak, strong = min(g["pull"] for g in METHODS.get("ridge").grid), max(g["pull"] for g in METHODS.get("ridge").grid)
    # a rotation is far from the identity: the strongest pull must lose
    assert weak <= trained.settings["pull"] < strong


def test_wrong_pairs_do_not_train_a_closed_form():
    labels = np.array([1] * 50 + [0] * 50)
    mixed = rotated_pairs(100, labels=labels)
    clean = EmbeddedPairs(mixed.queries[:50], mixed.documents, mixed.document_of[:50], labels[:50])
    method = METHODS.get("procrustes")
    np.testing.assert_allclose(
        train_projection(method, mixed, None).projection.tensors()["query_matrix"],
        train_projection(method, clean, None).projection.tensors()["query_matrix"],
    )


def test_too_few_pairs_are_refused():
    with pytest.raises(CallerError, match="at least 2"):
        train_projection(METHODS.get("ridge"), rotated_pairs(1), None)


def test_epochs_are_reported_as_they_end():
    method, recipe = small(METHODS.get("n-pairs"))
    seen = []
    trained = train_projection(
        method, rotated_pairs(50), rotated_pairs(20, seed=1), recipe, on_epoch=lambda e, n: seen.append((e, n))
    )
    assert [epoch for epoch, _ in seen] == list(trained.epochs)
    assert {total for _, total in seen} == {15}
