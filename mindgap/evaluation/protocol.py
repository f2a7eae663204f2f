"""What is asked and of what: queries, their gold documents, the gallery; and the measuring of one retriever on it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mindgap.encoders.base import Progress
from mindgap.errors import CallerError
from mindgap.evaluation.metrics import Ranked, Scores, harmonic_mean, query_scores, retrieval_metrics
from mindgap.retrievers.base import Retriever
from mindgap.types import Gallery, Pair, Vectors

TIMED_QUERIES = 200
METRICS = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "mrr_at_10",
    "ndcg_at_10",
    "recall_at_10",
    "latency_ms",
    "queries_per_second",
    "harmonic_mean",
)


@dataclass(frozen=True)
class Trial:
    """Queries, the places of their gold documents in the gallery, and what was noticed on the way."""

    queries: tuple[str, ...]
    golds: tuple[tuple[int, ...], ...]
    gallery: Gallery
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """One retriever on one trial: every metric of METRICS, and the scores of each query (see `query_scores`)."""

    metrics: dict[str, float]
    scores: dict[str, Scores]


def make_trial(
    pairs: Sequence[Pair], query_field: str = "query", limit: int | None = None, gallery_limit: int | None = None
) -> Trial:
    """The trial that `pairs` make.

    The gallery is the unique document texts in file order. Rows of label 0 are no queries, their documents stay. Every
    label-1 document of a query text is gold. `limit` cuts queries, `gallery_limit` documents (and with them the
    queries that have no gold document left).

    Raises CallerError where no query is left.
    """
    gallery = Gallery.of(pairs, gallery_limit)
    found: dict[str, list[int]] = {}
    seen: dict[tuple[str, str, int], int] = {}
    warnings: list[str] = []
    without_gold = 0
    for pair in pairs:
        text = getattr(pair, query_field)
        first = seen.setdefault((pair.query, pair.document, pair.label), pair.line)
        if first != pair.line:
            warnings.append(f"line {pair.line}: the same pair as line {first}")
        if not text or not pair.label:
            continue
        place = gallery.position.get(pair.document)
        if place is None:
            without_gold += 1
        elif place not in found.setdefault(text, []):
            found[text].append(place)
    if without_gold:
        warnings.append(f"{without_gold} queries left out: their document is beyond the first {len(gallery)}")
    if not found:
        raise CallerError(
            f"There is no true pair with the field {query_field!r} to ask with. Choose another --query-field."
        )
    queries = tuple(found)[:limit]
    return Trial(queries, tuple(tuple(found[q]) for q in queries), gallery, tuple(warnings))


def measure(
    retriever: Retriever,
    trial: Trial,
    encode: Callable[[Retriever, Sequence[str]], Vectors | None],
    progress: Progress | None = None,
) -> Measurement:
    """Quality and speed of one retriever.

    `encode` gives the embeddings of many queries, so that retrievers with one encoder can share them; the latency is
    measured apart, one query at a time: encode + project + search, the median over at most 200 queries.
    """
    prepared = retriever.prepare(trial.queries, encode(retriever, trial.queries))
    timed = trial.queries[:TIMED_QUERIES]
    ranked_share, timed_share = _shares(progress, len(trial.queries), len(timed))
    ranked = _rank(retriever, prepared, ranked_share)
    metrics = retrieval_metrics(ranked, trial.golds)
    latency = median_latency_ms(retriever, timed, timed_share)
    throughput = 1000 / latency
    timings = {
        "latency_ms": latency,
        "queries_per_second": throughput,
        "harmonic_mean": harmonic_mean(metrics["f1"], throughput),
    }
    return Measurement(metrics | timings, query_scores(ranked, trial.golds))


def _shares(progress: Progress | None, first: int, second: int) -> tuple[Progress | None, Progress | None]:
    """One progress over two stretches of work, of `first` and `second` steps."""
    if progress is None:
        return None, None
    total = first + second
    return lambda done, _: progress(done, total), lambda done, _: progress(first + done, total)


def _rank(retriever: Retriever, prepared: Vectors | Sequence[str], progress: Progress | None) -> Ranked:
    chunks = []
    for start in range(0, len(prepared), 256):
        chunks.append(retriever.search(prepared[start : start + 256], 10)[1])
        if progress:
            progress(min(start + 256, len(prepared)), len(prepared))
    return np.concatenate(chunks)


def median_latency_ms(retriever: Retriever, queries: Sequence[str], progress: Progress | None = None) -> float:
    """Median milliseconds of one query from text to ranking, after one that is not counted."""
    _answer(retriever, queries[0])
    times = []
    for done, query in enumerate(queries, 1):
        started = time.perf_counter()
        _answer(retriever, query)
        times.append((time.perf_counter() - started) * 1000)
        if progress:
            progress(done, len(queries))
    return statistics.median(times)


def _answer(retriever: Retriever, query: str) -> None:
    embeddings = retriever.encoder.encode([query]) if retriever.encoder else None
    retriever.search(retriever.prepare([query], embeddings), 10)
