"""2-D coordinates for the map: documents and queries, before and after the projection, all in one frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mindgap.indexes import normalise
from mindgap.registry import Registry
from mindgap.types import Vectors

NEIGHBOURS = 15
"""How many nearest neighbours UMAP looks at, and how many the quality is measured on."""

FEWEST_POINTS = 10
SETS = ("documents_before", "documents_after", "queries_before", "queries_after")

Quality = dict[str, dict[str, float]]
"""{"before" and "after": {"trustworthiness", "neighbours_kept"}}, each from 0 to 1, higher is better."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Coordinates of one map, float32, in a common box: from 0, the longer side to 1, one scale for both axes.

    Attributes:
        kind: name in LAYOUTS.
        documents_before, documents_after: (m, 2); row i is document i.
        queries_before, queries_after: (n, 2); row i is query i.
        quality: how far the picture can be believed; see Quality.
    """

    kind: str
    documents_before: Vectors
    documents_after: Vectors
    queries_before: Vectors
    queries_after: Vectors
    quality: Quality

    def __post_init__(self) -> None:
        for name in SETS:
            points = getattr(self, name)
            if points.ndim != 2 or points.shape[1] != 2 or points.dtype != np.float32 or not np.isfinite(points).all():
                raise ValueError(f"{name} must be finite float32 (n, 2), got {points.dtype} {points.shape}")
        for before, after in (SETS[:2], SETS[2:]):
            if getattr(self, before).shape != getattr(self, after).shape:
                raise ValueError(f"{before} and {after} differ in number")


@dataclass(frozen=True)
class LayoutKind:
    """One way to lay embeddings out.

    Attributes:
        name: as in files.
        label: as the page shows it.
        about: one sentence on what it does.
        fit: different unit rows float32 (n, dimension), seed -> coordinates (n, 2), the same each time.
    """

    name: str
    label: str
    about: str
    fit: Callable[[Vectors, int], Vectors]


def lay_out(
    kind: str,
    documents_before: Vectors,
    documents_after: Vectors,
    queries_before: Vectors,
    queries_after: Vectors,
    seed: int = 0,
) -> Layout:
    """Lay four sets of embeddings out together, so that what moves is what the projection moved.

    Rows are L2-normalised here. Equal rows are laid out once and so stand on exactly one place: nothing moves under
    the identity projection, nor do documents under an identity document map.

    Args:
        kind: a name in LAYOUTS.
        documents_before, documents_after: float32 (m, d), the raw and the mapped embeddings of the same documents.
        queries_before, queries_after: float32 (n, d), likewise.
        seed: of whatever is random in the kind.

    Raises CallerError for an unknown kind, ValueError for sets that do not belong together or too few points.
    """
    fit = LAYOUTS.get(kind).fit
    sets = [normalise(part) for part in (documents_before, documents_after, queries_before, queries_after)]
    _check(sets)
    stacked = np.concatenate(sets)
    unique, place = np.unique(stacked, axis=0, return_inverse=True)
    if len(unique) < FEWEST_POINTS:
        raise ValueError(f"a layout needs at least {FEWEST_POINTS} different embeddings, got {len(unique)}")
    points = _to_box(fit(np.ascontiguousarray(unique), seed))[place.reshape(-1)]
    ends = np.cumsum([len(part) for part in sets])[:-1]
    parts = [np.ascontiguousarray(part) for part in np.split(points, ends)]
    quality = {
        when: measure_quality(np.concatenate(sets[i::2]), np.concatenate(parts[i::2]))
        for i, when in enumerate(("before", "after"))
    }
    return Layout(kind, parts[0], parts[1], parts[2], parts[3], quality)


def measure_quality(vectors: Vectors, points: Vectors, k: int = NEIGHBOURS) -> dict[str, float]:
    """How well a picture keeps who is near whom; each from 0 to 1, higher is better.

    `trustworthiness`: Venna & Kaski (2001), whether neighbours on the picture are neighbours in the embedding space.
    `neighbours_kept`: mean share of the k nearest in the embedding space that are among the k nearest on the picture.

    Args:
        vectors: unit rows (n, dimension). points: (n, 2). k: lowered to below n / 2 for small sets.
    """
    from sklearn.manifold import trustworthiness

    k = min(k, (len(vectors) - 1) // 2)
    near, shown = _nearest(vectors, k), _nearest(points, k)
    kept = [len(np.intersect1d(a, b)) / k for a, b in zip(near, shown, strict=True)]
    return {
        "trustworthiness": round(float(trustworthiness(vectors, points, n_neighbors=k)), 4),
        "neighbours_kept": round(float(np.mean(kept)), 4),
    }


def _nearest(rows: Vectors, k: int) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors

    found: np.ndarray = NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(return_distance=False)
    return found


def _check(sets: list[Vectors]) -> None:
    shapes = [part.shape for part in sets]
    if any(part.ndim != 2 for part in sets) or shapes[0] != shapes[1] or shapes[2] != shapes[3]:
        raise ValueError(f"before and after must have the same rows, got shapes {shapes}")
    if shapes[0][1] != shapes[2][1]:
        raise ValueError(f"documents and queries must have one dimension, got {shapes[0][1]} and {shapes[2][1]}")
    if not all(np.isfinite(part).all() for part in sets):
        raise ValueError("embeddings must be finite")


def _to_box(points: Vectors) -> Vectors:
    """Moved to start at 0 and scaled by one factor, so that the longer side ends at 1."""
    points = points.astype(np.float64)
    points -= points.min(axis=0)
    return (points / max(points.max(), 1e-12)).astype(np.float32)


def umap_model(points: int, seed: int) -> Any:
    """UMAP (McInnes, Healy & Melville, 2018) as the maps use it, not yet fitted to that many `points`.

    One thread and a seed: the same picture each time.
    """
    import umap

    # 15 negative samples instead of 5 keep more neighbours: with ridge on english-french 0.17 of them before and 0.11
    # after instead of 0.13 and 0.08
    return umap.UMAP(
        n_neighbors=min(NEIGHBOURS, points - 1),
        negative_sample_rate=15,
        metric="cosine",
        random_state=seed,
        n_jobs=1,
        unique=True,
    )


def _fit_umap(vectors: Vectors, seed: int) -> Vectors:
    return np.asarray(umap_model(len(vectors), seed).fit_transform(vectors), dtype=np.float32)


def _fit_pca(vectors: Vectors, seed: int) -> Vectors:
    """The two directions of largest variance; the sign makes each direction's largest weight positive."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    axes = directions[:, :-3:-1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    return (centred @ axes).astype(np.float32)


LAYOUTS: Registry[LayoutKind] = Registry("layout")
LAYOUTS.register(
    LayoutKind("umap", "UMAP", "Keeps near neighbours near; distances between clusters mean little.", _fit_umap)
)
LAYOUTS.register(
    LayoutKind("pca", "PCA", "The two straight directions of largest variance; hides what lies across them.", _fit_pca)
)
