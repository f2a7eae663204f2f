"""One comparison of the three dense or lexical retrievers, against doing the same work retriever by retriever.

The baseline encodes the query anew for every retriever and scores the documents in a Python loop of cosines, as scripts
for such comparisons usually do. Both run in one process on the same models, in turns.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from mindgap.models import Models
from mindgap.presets import MINILM
from mindgap.projections import DEFAULT_METHOD
from mindgap.tasks import TASKS
from mindgap.workspace import Workspace

RETRIEVERS = ["sentence-transformer", "projection-st"]
QUERIES = 50


def naive(models: Models, task: str) -> Callable[[str], None]:
    encoder = models.encoder(MINILM)
    documents = models.store.embed(encoder, TASKS.get(task).gallery.texts)
    projection = models.checkpoint("offline", task, encoder, DEFAULT_METHOD).projection

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))

    def ask(query: str) -> None:
        plain = encoder.encode([query])[0]
        sorted(range(len(documents)), key=lambda i: -cosine(plain, documents[i]))
        projected = projection.map_queries(encoder.encode([query]))[0]
        sorted(range(len(documents)), key=lambda i: -cosine(projected, documents[i]))

    return ask


def ours(workspace: Workspace, task: str, query: str) -> None:
    workspace.compare(query, task, 5, RETRIEVERS)


def main() -> None:
    models = Models()
    workspace = Workspace("offline", models)
    for task in TASKS:
        ask = naive(models, task.name)
        queries = [pair.query for pair in task.pairs("test")[:QUERIES]]
        times: dict[str, list[float]] = {"ours": [], "baseline": []}
        for query in queries:
            for name, run in (("ours", partial(ours, workspace, task.name)), ("baseline", ask)):
                started = time.perf_counter()
                run(query)
                times[name].append((time.perf_counter() - started) * 1000)
        mine, baseline = (statistics.median(times[name]) for name in ("ours", "baseline"))
        print(
            f"{task.name}: ours {mine:.1f} ms, baseline {baseline:.1f} ms a query: {baseline / mine:.1f} times as fast"
        )


if __name__ == "__main__":
    main()
