"""How many pairs a method needs: test accuracy against the number of training pairs, for every alignment method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mindgap.encoders.base import Progress
from mindgap.method_report import SEEDS, MethodData
from mindgap.projections import METHODS
from mindgap.projections.base import Method
from mindgap.training.pairs import EmbeddedPairs, Places, top1_accuracy
from mindgap.training.trainer import train_projection

SIZES = (100, 300, 1_000, 3_000)


def efficiency_curve(
    data: MethodData,
    methods: Sequence[str] | None = None,
    sizes: Sequence[int] = SIZES,
    seeds: Sequence[int] = SEEDS,
    progress: Progress | None = None,
    whole: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, Any]:
    """Test accuracy against the number of training documents, each point over `seeds` random draws.

    The last size is all of them. "low" and "high" are the worst and the best draw. Settings of closed forms are chosen
    on a validation set cut to the same size, as somebody with that few pairs would have to.

    Args:
        whole: method -> accuracies with all documents, one a seed, where they are known already (`method_table`).
    """
    names = list(methods or METHODS.names())
    documents = len(data.train.documents)
    steps = [size for size in sizes if size < documents]
    rows = []
    for done, name in enumerate(names):
        points = [_point(size, _draws(data, METHODS.get(name), size, seeds)) for size in steps]
        known = (whole or {}).get(name)
        points.append(_point(documents, known or _draws(data, METHODS.get(name), documents, seeds)))
        rows.append({"method": name, "label": METHODS.get(name).label, "points": points})
        if progress:
            progress(done + 1, len(names))
    return {"task": data.task, "encoder": data.encoder.label, "field": next(iter(data.tests)), "rows": rows}


def _draws(data: MethodData, method: Method, size: int, seeds: Sequence[int]) -> list[float]:
    """Test accuracy of a training on `size` documents for each seed; once where no seed changes anything."""
    test = next(iter(data.tests.values()))
    unchanged = method.name == "identity" or (method.recipe is None and size == len(data.train.documents))
    found = []
    for seed in seeds[:1] if unchanged else seeds:
        train = draw_documents(data.train, size, seed)
        validation = draw_documents(data.validation, min(size, len(data.validation.documents)), seed)
        found.append(top1_accuracy(train_projection(method, train, validation, seed=seed).projection, test))
    return found


def _point(size: int, found: Sequence[float]) -> dict[str, Any]:
    return {"pairs": size, "accuracy": float(np.mean(found)), "low": min(found), "high": max(found)}


def draw_documents(pairs: EmbeddedPairs, count: int, seed: int) -> EmbeddedPairs:
    """`count` documents drawn at random, with all their queries."""
    if count >= len(pairs.documents):
        return pairs
    drawn = np.random.default_rng(seed).choice(len(pairs.documents), count, replace=False)
    rows: Places = np.flatnonzero(np.isin(pairs.document_of, drawn))
    return pairs.rows(rows)
