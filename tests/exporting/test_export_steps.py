import numpy as np
import pytest
import torch

from mindgap.errors import Failure
from mindgap.exporting.steps import Layer, Normalise, apply_steps, checked_steps, document_steps, query_steps
from mindgap.projections import METHODS, AffineProjection
from mindgap.projections.networks import NetworkProjection, ResidualMLP
from tests.exporting.tiny import DIMENSION, tiny_projection


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_mean_and_matrix_become_one_layer_with_a_bias():
    projection = AffineProjection(query_matrix=np.array([[1, 2], [3, 4]]), query_mean=np.array([10, 1]))
    (layer,) = query_steps(projection)
    assert layer.weight.tolist() == [[1, 3], [2, 4]]
    assert layer.bias.tolist() == [-13, -24]
    assert not layer.relu
    # (11, 1) minus the mean is (1, 0), the first row
    assert apply_steps([layer], np.array([[11, 1]], np.float32)).tolist() == [[1, 2]]
    assert document_steps(projection) == []


def test_a_mean_alone_is_a_shift():
    (layer,) = document_steps(AffineProjection(document_mean=np.array([2.0, -1.0])))
    assert apply_steps([layer], np.array([[5, 5]], np.float32)).tolist() == [[3, 6]]


def test_a_residual_path_goes_through_relu_whole():
    network = ResidualMLP(2, 1, 0.5)
    with torch.no_grad():
        network.inner.weight.copy_(torch.tensor([[1.0, 0.0]]))
        network.inner.bias.fill_(0.4)
        network.outer.weight.copy_(torch.tensor([[0.0], [10.0]]))
        network.outer.bias.copy_(torch.tensor([0.5, 0.0]))
    steps = query_steps(NetworkProjection(network))
    assert [type(step) for step in steps] == [Normalise, Layer, Layer]
    assert [step.relu for step in steps[1:]] == [True, False]
    # (-3, 4) has length 5: u = (-0.6, 0.8), relu(-0.6 + 0.4) = 0; (3, 4): relu(0.6 + 0.4) = 1
    found = apply_steps(steps, np.array([[-3, 4], [3, 4]], np.float32))
    np.testing.assert_allclose(found, [[-0.1, 0.8], [1.1, 10.8]], atol=1e-6)


@pytest.mark.parametrize("name", METHODS.names())
def test_the_steps_of_each_method_give_what_the_method_gives(name):
    projection, _ = tiny_projection(name)
    vectors = np.random.default_rng(1).standard_normal((50, DIMENSION)).astype(np.float32) * 3
    queries, documents = checked_steps(projection, DIMENSION)
    np.testing.assert_allclose(apply_steps(queries, vectors), projection.map_queries(vectors), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(apply_steps(documents, vectors), projection.map_documents(vectors), rtol=1e-4, atol=1e-4)
    has_document_map = name in ("cca", "centred", "soft-zca", "residual")
    assert bool(documents) == has_document_map
    assert bool(queries) == (name != "identity")


def test_steps_that_say_something_else_are_refused():
    class Turned(AffineProjection):
        def map_queries(self, embeddings):
            return super().map_queries(embeddings)[:, ::-1]

    with pytest.raises(Failure, match="do not give what the projection gives"):
        checked_steps(Turned(np.eye(4)), 4)


def test_a_projection_or_a_layer_of_another_kind_is_refused():
    class Other:
        pass

    with pytest.raises(Failure, match="A Other cannot be written"):
        query_steps(Other())
    network = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh(), torch.nn.Linear(4, 4))
    with pytest.raises(Failure, match="A Tanh layer"):
        query_steps(NetworkProjection(network))


def test_a_zero_row_stays_zero():
    assert apply_steps([Normalise()], np.zeros((1, 3), np.float32)).tolist() == [[0, 0, 0]]
