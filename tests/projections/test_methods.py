import numpy as np
import pytest

from mindgap.projections import DEFAULT_METHOD, METHODS, PAPER_METHOD
from mindgap.projections.n_pairs import PAPER_RECIPE
from mindgap.projections.ridge import solve_ridge


def test_the_papers_recipe_is_the_papers():
    assert (PAPER_RECIPE.hidden, PAPER_RECIPE.epochs, PAPER_RECIPE.batch_size) == (2048, 5, 32)
    assert (PAPER_RECIPE.learning_rate, PAPER_RECIPE.margin, PAPER_RECIPE.loss) == (1e-4, 1.0, "n-pairs")
    assert not PAPER_RECIPE.one_cycle
    assert (PAPER_RECIPE.dropout, PAPER_RECIPE.pull) == (0, 0)
    layers = METHODS.get(PAPER_METHOD).network(768, 768, PAPER_RECIPE)
    assert [type(layer).__name__ for layer in layers] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    assert [(layer.in_features, layer.out_features) for layer in layers[::2]] == [
        (768, 2048),
        (2048, 2048),
        (2048, 768),
    ]


def test_default_and_paper_method_are_registered():
    assert {DEFAULT_METHOD, PAPER_METHOD} <= set(METHODS.names())


def test_ridge_goes_to_the_identity_as_the_pull_grows_and_to_least_squares_as_it_falls():
    generator = np.random.default_rng(0)
    queries = generator.standard_normal((50, 6)).astype(np.float32)
    documents = generator.standard_normal((50, 6)).astype(np.float32)
    np.testing.assert_allclose(solve_ridge(queries, documents, 1e9).matrix, np.eye(6), atol=1e-5)
    least_squares = np.linalg.lstsq(queries, documents, rcond=None)[0]
    np.testing.assert_allclose(solve_ridge(queries, documents, 1e-6).matrix, least_squares, atol=1e-4)


def test_procrustes_is_a_rotation():
    generator = np.random.default_rng(0)
    a, b = generator.standard_normal((2, 40, 6)).astype(np.float32)
    matrix = METHODS.get("procrustes").solve(a, b).matrix
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(6), atol=1e-5)


@pytest.mark.parametrize("method", [m for m in METHODS if m.network], ids=lambda m: m.name)
def test_networks_refuse_settings_out_of_range(method):
    import dataclasses

    with pytest.raises(ValueError, match="out of range"):
        dataclasses.replace(method.recipe, epochs=0)
