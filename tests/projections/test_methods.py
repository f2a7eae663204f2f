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
    np.testing.assert_allclose(solve_ridge(queries, documents, 1e9).tensors()["query_matrix"], np.eye(6), atol=1e-5)
    least_squares = np.linalg.lstsq(queries, documents, rcond=None)[0]
    np.testing.assert_allclose(
        solve_ridge(queries, documents, 1e-6).tensors()["query_matrix"], least_squares, atol=1e-4
    )


def test_procrustes_is_a_rotation():
    generator = np.random.default_rng(0)
    a, b = generator.standard_normal((2, 40, 6)).astype(np.float32)
    matrix = METHODS.get("procrustes").solve(a, b).tensors()["query_matrix"]
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(6), atol=1e-5)


@pytest.mark.parametrize("method", [m for m in METHODS if m.network], ids=lambda m: m.name)
def test_networks_refuse_settings_out_of_range(method):
    import dataclasses

    with pytest.raises(ValueError, match="out of range"):
        dataclasses.replace(method.recipe, epochs=0)


def shifted_and_stretched(n=400, d=6, seed=0):
    """Two views of the same hidden points: each with its own shift, stretch and noise."""
    generator = np.random.default_rng(seed)
    hidden = generator.standard_normal((n, d))
    fixed = np.random.default_rng(9)
    views = []
    for _ in range(2):
        stretch, shift = fixed.standard_normal((d, d)), 5 * fixed.standard_normal(d)
        views.append((hidden @ stretch + shift + 0.01 * generator.standard_normal((n, d))).astype(np.float32))
    return views


def test_centring_takes_the_mean_of_each_side_away_and_nothing_else():
    queries, documents = shifted_and_stretched()
    projection = METHODS.get("centred").solve(queries, documents)
    np.testing.assert_allclose(projection.map_queries(queries), queries - queries.mean(0), atol=1e-5)
    np.testing.assert_allclose(projection.map_documents(documents), documents - documents.mean(0), atol=1e-5)


def test_soft_zca_whitens_fully_without_softness_and_only_centres_with_much():
    queries, documents = shifted_and_stretched()
    white = METHODS.get("soft-zca").solve(queries, documents, softness=0)
    for moved in (white.map_queries(queries), white.map_documents(documents)):
        np.testing.assert_allclose(np.cov(moved.T, bias=True), np.eye(6), atol=1e-3)
        np.testing.assert_allclose(moved.mean(0), 0, atol=1e-3)
    soft = METHODS.get("soft-zca").solve(queries, documents, softness=1e6).map_queries(queries)
    centred = queries - queries.mean(0)
    ratio = (soft * centred).sum() / np.square(centred).sum()
    np.testing.assert_allclose(soft, ratio * centred, atol=1e-5)


def test_cca_has_the_canonical_correlations_that_scikit_learn_finds():
    from sklearn.cross_decomposition import CCA

    queries, documents = shifted_and_stretched(d=3)
    noise = np.random.default_rng(3).standard_normal((len(queries), 3)) * [0.2, 1.0, 3.0]
    documents = (documents + noise).astype(np.float32)
    theirs = CCA(n_components=3, max_iter=5000, tol=1e-10).fit(queries, documents)
    a, b = theirs.transform(queries, documents)
    expected = sorted(abs(np.corrcoef(a[:, i], b[:, i])[0, 1]) for i in range(3))
    ours = METHODS.get("cca").solve(queries, documents, softness=0.0, power=0.0)
    q, d = ours.map_queries(queries), ours.map_documents(documents)
    # white on both sides, so the singular values of the cross-covariance are the correlations
    scale = np.sqrt(np.cov(q.T, bias=True).trace() * np.cov(d.T, bias=True).trace()) / 3
    found = np.linalg.svd((q - q.mean(0)).T @ (d - d.mean(0)) / len(q) / scale, compute_uv=False)
    np.testing.assert_allclose(sorted(found), expected, atol=2e-3)


def test_cca_turns_and_scales_no_more_than_it_must():
    generator = np.random.default_rng(0)
    documents = generator.standard_normal((500, 6)).astype(np.float32)
    rotation, _ = np.linalg.qr(generator.standard_normal((6, 6)))
    projection = METHODS.get("cca").solve((documents @ rotation).astype(np.float32), documents, 1.0, 0.5)
    np.testing.assert_allclose(
        np.linalg.norm(projection.map_documents(documents)) / np.linalg.norm(documents), 1, atol=0.01
    )
    # documents that are white already hardly move, queries come to lie on them
    np.testing.assert_allclose(projection.map_documents(documents), documents, atol=0.4)
    np.testing.assert_allclose(
        projection.map_queries(documents @ rotation), projection.map_documents(documents), atol=0.1
    )


def test_a_share_of_cca_lies_between_centring_and_cca():
    queries, documents = shifted_and_stretched()
    settings = {"softness": 1.0, "power": 0.5}
    centred = METHODS.get("centred").solve(queries, documents)
    whole = METHODS.get("cca").solve(queries, documents, **settings)
    part = METHODS.get("cca").solve(queries, documents, **settings, share=0.25)
    for side, given in (("map_queries", queries), ("map_documents", documents)):
        expected = 0.75 * getattr(centred, side)(given) + 0.25 * getattr(whole, side)(given)
        np.testing.assert_allclose(getattr(part, side)(given), expected, atol=1e-4)


@pytest.mark.parametrize("name", ["cca", "n-pairs", "info-nce"])
def test_sides_may_differ_in_dimension(name):
    queries, documents = shifted_and_stretched(60)
    method = METHODS.get(name)
    if method.solve:
        projection = method.solve(queries[:, :4], documents, **method.grid[0])
        assert projection.map_queries(queries[:, :4]).shape == projection.map_documents(documents).shape == (60, 6)
    else:
        assert method.network(4, 6, method.recipe)(__import__("torch").zeros(3, 4)).shape == (3, 6)
