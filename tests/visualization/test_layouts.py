import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mindgap.errors import CallerError
from mindgap.visualization.layouts import LAYOUTS, SETS, lay_out, measure_quality


@pytest.fixture(scope="module")
def sets():
    """Forty documents and thirty queries, the queries shifted away; the projection takes half of the shift back."""
    rng = np.random.default_rng(0)
    documents = rng.standard_normal((40, 16)).astype(np.float32)
    shift = 3 * rng.standard_normal(16).astype(np.float32)
    queries = documents[:30] + shift
    return documents, queries, queries - shift / 2


def everything(layout):
    return np.concatenate([getattr(layout, name) for name in SETS])


@pytest.mark.parametrize("kind", ["umap", "pca"])
def test_nothing_moves_under_the_identity_and_the_layout_is_the_same_each_time(sets, kind):
    documents, queries, _ = sets
    queries = np.concatenate([queries, queries[:2]])
    layout = lay_out(kind, documents, documents.copy(), queries, queries.copy())
    np.testing.assert_array_equal(layout.documents_before, layout.documents_after)
    np.testing.assert_array_equal(layout.queries_before, layout.queries_after)
    np.testing.assert_array_equal(layout.queries_before[:2], layout.queries_before[-2:])
    assert layout.quality["before"] == layout.quality["after"]
    again = lay_out(kind, documents, documents, queries, queries)
    np.testing.assert_array_equal(everything(layout), everything(again))
    assert layout.quality == again.quality


def test_only_what_the_projection_moved_moves(sets):
    documents, queries, mapped = sets
    layout = lay_out("pca", documents, documents, queries, mapped)
    np.testing.assert_array_equal(layout.documents_before, layout.documents_after)
    assert (np.linalg.norm(layout.queries_before - layout.queries_after, axis=1) > 0.01).all()
    gap = [
        np.linalg.norm(queries.mean(axis=0) - layout.documents_before.mean(axis=0))
        for queries in (layout.queries_before, layout.queries_after)
    ]
    assert gap[1] < gap[0]


def test_pca_is_the_one_of_scikit_learn(sets):
    from sklearn.decomposition import PCA

    rows = sets[0].astype(np.float32)
    ours = LAYOUTS.get("pca").fit(rows, 0)
    theirs = PCA(2, svd_solver="full").fit_transform(rows.astype(np.float64))
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-5)


def test_coordinates_fill_a_common_box_with_one_scale(sets):
    documents, queries, mapped = sets
    layout = lay_out("pca", documents, documents, queries, mapped)
    points = everything(layout)
    assert points.dtype == np.float32
    np.testing.assert_array_equal(points.min(axis=0), [0, 0])
    assert points.max() == 1
    lengths = [np.linalg.norm(part, axis=1, keepdims=True) for part in (documents, documents, queries, mapped)]
    units = [part / length for part, length in zip((documents, documents, queries, mapped), lengths, strict=True)]
    raw = LAYOUTS.get("pca").fit(np.unique(np.concatenate(units), axis=0), 0)
    sides = np.ptp(raw, axis=0)
    np.testing.assert_allclose(np.ptp(points, axis=0), sides / sides.max(), rtol=1e-5)


def test_lengths_of_embeddings_do_not_matter(sets):
    documents, queries, mapped = sets
    plain = lay_out("pca", documents, documents, queries, mapped)
    longer = lay_out("pca", 2 * documents, 2 * documents, 4 * queries, mapped)
    np.testing.assert_allclose(everything(plain), everything(longer), atol=1e-6)


def test_quality_of_a_perfect_picture_is_one():
    points = np.random.default_rng(0).standard_normal((50, 2)).astype(np.float32)
    assert measure_quality(points, points) == {"trustworthiness": 1.0, "neighbours_kept": 1.0}
    shuffled = points[np.random.default_rng(1).permutation(50)]
    assert measure_quality(points, shuffled)["neighbours_kept"] < 0.6


def test_sets_that_do_not_belong_together_are_refused(sets):
    documents, queries, mapped = sets
    with pytest.raises(ValueError, match="same rows"):
        lay_out("pca", documents, documents[1:], queries, mapped)
    with pytest.raises(ValueError, match="one dimension"):
        lay_out("pca", documents, documents, queries[:, :8], mapped[:, :8])
    with pytest.raises(ValueError, match="finite"):
        lay_out("pca", documents, documents, queries * np.nan, mapped)
    with pytest.raises(ValueError, match="at least 10 different"):
        lay_out("pca", documents[:3], documents[:3], queries[:3], queries[:3])
    with pytest.raises(CallerError, match="Did you mean 'umap'"):
        lay_out("umpa", documents, documents, queries, mapped)


def test_importing_loads_neither_umap_nor_numba():
    code = (
        "import sys, mindgap.visualization.layouts, mindgap.visualization.layout_file, mindgap.builders.layouts, "
        "mindgap.visualization.placement; print([m for m in ('umap', 'numba', 'sklearn') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    out = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
