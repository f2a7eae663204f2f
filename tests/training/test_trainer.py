import dataclasses

import numpy as np
import pytest
import torch

from mindgap.errors import CallerError
from mindgap.projections import METHODS
from mindgap.projections.identity import IdentityProjection
from mindgap.training.trainer import EmbeddedPairs, top1_accuracy, train_projection


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


@pytest.mark.parametrize("name", [name for name in METHODS.names() if name != "identity"])
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


def test_a_residual_projection_starts_as_no_projection():
    from mindgap.projections.networks import NetworkProjection

    method = METHODS.get("residual")
    queries = rotated_pairs(20).queries
    network = method.network(16, 16, method.recipe)
    np.testing.assert_array_equal(NetworkProjection(network).map_queries(queries), queries)


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
        train_projection(method, mixed, None).projection.tensors()["matrix"],
        train_projection(method, clean, None).projection.tensors()["matrix"],
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
