"""Placing a new query by its neighbours, against UMAP's own `transform`.

200 test queries (at most 40 %) are held out, UMAP is fitted on the documents and the other queries, before and after
a projection, and each held-out query is placed both ways. Distances are in units of the picture's spread (root mean
square distance from its centre) and as a ratio of the median distance between two random points.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from mindgap.indexes import FlatIndex, normalise
from mindgap.models import Models
from mindgap.presets import MINILM
from mindgap.projections import METHODS, Projection
from mindgap.tasks import TASKS, Task
from mindgap.training.run import embed_pairs
from mindgap.types import Vectors
from mindgap.visualization.layout_file import map_texts
from mindgap.visualization.layouts import umap_model
from mindgap.visualization.placement import place

HELD_OUT = 200
PULL = 3.0


def ridge(models: Models, task: Task) -> Projection:
    """Solved here in a second, so that the benchmark needs no shipped checkpoint."""
    train = embed_pairs(task.pairs("train"), task.train_fields, models.encoder(MINILM), models.store.embed)
    true, solve = train.labels == 1, METHODS.get("ridge").solve
    assert solve is not None
    return solve(train.queries[true], train.documents[train.document_of[true]], pull=PULL)


def milliseconds(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def compare(documents: Vectors, before: Vectors, after: Vectors, held: np.ndarray) -> None:
    kept = np.setdiff1d(np.arange(len(before)), held)
    rows = np.concatenate([documents, before[kept], after[kept]])
    model = umap_model(len(rows), 0).fit(rows)
    points = model.embedding_
    model.transform(before[held][:1])  # compiles
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, len(points), (2, 10_000))
    random = float(np.median(np.linalg.norm(points[a] - points[b], axis=1)))
    spread = float(np.sqrt(points.var(axis=0).sum()))
    m, n = len(documents), len(kept)
    parts = {"before": np.r_[0 : m + n], "after": np.r_[0:m, m + n : m + 2 * n]}
    for when, queries in (("before", before[held]), ("after", after[held])):
        index, coordinates = FlatIndex(rows[parts[when]]), points[parts[when]]
        ours, theirs, apart = [], [], []
        for query in queries:
            started = time.perf_counter()
            mine = place(query, index, coordinates)
            ours.append(milliseconds(started))
            started = time.perf_counter()
            other = model.transform(query[None])[0]
            theirs.append(milliseconds(started))
            apart.append(float(np.linalg.norm(mine - other)))
        apart_median, mine_ms, umap_ms = (statistics.median(values) for values in (apart, ours, theirs))
        print(
            f"  {when}: median distance to UMAP's transform {apart_median / spread:.2f} spreads, "
            f"{apart_median / random:.2f} of the distance between random points; "
            f"ours {mine_ms:.2f} ms, UMAP {umap_ms:.2f} ms a query: {umap_ms / mine_ms:.0f} times as fast"
        )


def main() -> None:
    models = Models()
    encoder = models.encoder(MINILM)
    for task in TASKS:
        texts, gallery = map_texts(task)
        queries, documents = models.store.embed(encoder, texts), models.store.embed(encoder, gallery)
        after = ridge(models, task).map_queries(queries)
        count = min(HELD_OUT, int(0.4 * len(queries)))
        held = np.random.default_rng(0).permutation(len(queries))[:count]
        print(f"{task.name}: {count} queries held out")
        compare(normalise(documents), normalise(queries), normalise(after), held)


if __name__ == "__main__":
    main()
