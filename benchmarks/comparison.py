"""One comparison of every available retriever, against the procedure of the paper's scripts.

Baseline: each retriever on its own encodes the query alone and takes its cosine with one document after the other in a
Python loop; BM25Okapi scores over `.split()`; the best document is the prediction. The scripts have no hybrid: here it
is made in the same way out of its two parts, and a second ratio leaves it out. Ours encodes once for each encoder,
searches with FAISS, and also ranks the whole gallery for the true match. Both have the documents embedded beforehand
and run in one process, on the same models, test queries and gallery, in turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from rank_bm25 import BM25Okapi

from mindgap.encoders.base import Encoder
from mindgap.errors import Unavailable
from mindgap.evaluation.protocol import make_trial
from mindgap.models import Choice, Models
from mindgap.presets import PRESETS, Role
from mindgap.projections import DEFAULT_METHOD, Projection
from mindgap.projections.identity import IdentityProjection
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.base import Retriever, RetrieverSpec
from mindgap.retrievers.hybrid import CONSTANT, HYBRID, WEIGHTS
from mindgap.tasks import TASKS, Task
from mindgap.types import Gallery, Vectors
from mindgap.workspace import DEFAULT_TOP_K, Workspace

PRESET = "offline"
QUERIES = 100
BATCH = 256
BATCH_ROUNDS = 5
LISTED = 10
DOCUMENT_ROLE = {Role.DPR_QUESTION: Role.DPR_CONTEXT}

Predict = Callable[[str], int]
"""A query -> the place of the document that is predicted."""


@dataclass(frozen=True)
class Side:
    """What the baseline of a retriever with an encoder works on: `documents` (n, d) are embedded and projected."""

    encoder: Encoder
    projection: Projection
    documents: Vectors


def load_side(models: Models, spec: RetrieverSpec, task: str, gallery: Gallery) -> Side:
    """The models behind a retriever. Raises Unavailable where one is not there."""
    assert spec.role is not None
    roles = PRESETS.get(PRESET).models
    encoder, of_documents = (models.encoder(roles[r]) for r in (spec.role, DOCUMENT_ROLE.get(spec.role, spec.role)))
    projection: Projection = IdentityProjection()
    if spec.projected:
        projection = models.checkpoint(PRESET, task, encoder, DEFAULT_METHOD).projection
    return Side(encoder, projection, projection.map_documents(models.store.embed(of_documents, gallery.texts)))


def baseline(spec: RetrieverSpec, texts: Sequence[str], side: Side | None) -> Predict:
    """The scripts' procedure for one retriever; `side` is None for BM25."""
    if side is None:
        by_words = word_scores(texts)
        return lambda query: int(np.argmax(by_words(query)))
    if not spec.words:
        return lambda query: best(loop_of_cosines(side, query))
    return fused(word_scores(texts), side)


def word_scores(texts: Sequence[str]) -> Callable[[str], np.ndarray]:
    model = BM25Okapi([text.split() for text in texts])
    return lambda query: model.get_scores(query.split())


def loop_of_cosines(side: Side, query: str) -> list[float]:
    embedding = side.projection.map_queries(side.encoder.encode([query]))[0]
    scores = []
    for document in side.documents:
        scores.append(float(embedding @ document / (np.linalg.norm(embedding) * np.linalg.norm(document))))
    return scores


def best(scores: Sequence[float]) -> int:
    return max(range(len(scores)), key=scores.__getitem__)


def fused(by_words: Callable[[str], np.ndarray], side: Side) -> Predict:
    def predict(query: str) -> int:
        words, cosines = by_words(query), loop_of_cosines(side, query)
        matched = [i for i in range(len(words)) if words[i] > 0]
        total = [0.0] * len(words)
        rankings = sorted(matched, key=lambda i: -words[i]), sorted(range(len(words)), key=lambda i: -cosines[i])
        for weight, ranking in zip(WEIGHTS, rankings, strict=True):
            for rank, i in enumerate(ranking, 1):
                total[i] += weight / (CONSTANT + rank)
        return best(total)

    return predict


def available(models: Models, task: Task) -> Iterator[tuple[RetrieverSpec, Retriever, Predict]]:
    """Every retriever whose model is there, ours and the baseline's way."""
    for spec in RETRIEVERS:
        try:
            retriever = models.retriever(spec.name, Choice(PRESET, task.name), task.gallery)
            side = load_side(models, spec, task.name, task.gallery) if spec.role else None
        except Unavailable:
            continue
        yield spec, retriever, baseline(spec, task.gallery.texts, side)


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def in_turns(ways: Mapping[str, Callable[[str], object]], queries: Sequence[str]) -> dict[str, np.ndarray]:
    """Milliseconds of every query, each answered by all ways before the next; one answer of each is not counted."""
    for way in ways.values():
        way(queries[0])
    times = [[milliseconds(partial(way, query)) for way in ways.values()] for query in queries]
    return dict(zip(ways, np.array(times).T, strict=True))


def ask_all(retrievers: Sequence[Retriever], queries: Sequence[str]) -> None:
    """The queries at once, as `evaluate` asks them, through each encoder once; no embedding comes from the store."""
    encoders = {r.encoder.fingerprint: r.encoder for r in retrievers if r.encoder is not None}
    encoded = {fingerprint: encoder.encode(queries) for fingerprint, encoder in encoders.items()}
    for retriever in retrievers:
        embeddings = encoded[retriever.encoder.fingerprint] if retriever.encoder else None
        prepared = retriever.prepare(queries, embeddings)
        for start in range(0, len(queries), BATCH):
            retriever.search(prepared[start : start + BATCH], LISTED)


def shown(times: np.ndarray) -> str:
    low, middle, high = np.percentile(times, (10, 50, 90))
    return f"{middle:.1f} ms (10-90 %: {low:.1f} to {high:.1f})"


def report(heading: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    ratio = np.median(theirs) / np.median(ours)
    print(f"  {heading}: ours {shown(ours)}, baseline {shown(theirs)} a query: {ratio:.1f} times as fast")


def run(workspace: Workspace, task: Task) -> None:
    there = list(available(workspace.models, task))
    names = [spec.name for spec, _, _ in there]
    published = [name for name in names if name != HYBRID.name]
    queries = make_trial(task.pairs("test"), limit=QUERIES).queries
    ways: dict[str, Callable[[str], object]] = {spec.name: predict for spec, _, predict in there}
    ways["ours"] = lambda query: workspace.compare(query, task.name, DEFAULT_TOP_K, names)
    ways["published"] = lambda query: workspace.compare(query, task.name, DEFAULT_TOP_K, published)
    times = in_turns(ways, queries)
    theirs = np.sum([times[name] for name in names], axis=0)
    print(f"{task.name}: {len(queries)} queries, {len(task.gallery):,} documents, {', '.join(names)}")
    report("one comparison", times["ours"], theirs)
    if len(published) < len(names):
        report("without hybrid", times["published"], np.sum([times[name] for name in published], axis=0))
    retrievers = [retriever for _, retriever, _ in there]
    batch = np.median([milliseconds(lambda: ask_all(retrievers, queries)) for _ in range(BATCH_ROUNDS)])
    mine, loop = 1000 * len(queries) / batch, 1000 * len(queries) / theirs.sum()
    print(f"  evaluation in batches: ours {mine:.0f} queries/s, baseline {loop:.0f}: {mine / loop:.1f} times as fast")


def main() -> None:
    workspace = Workspace(PRESET)
    for task in TASKS:
        run(workspace, task)


if __name__ == "__main__":
    main()
