"""Constant and weight of reciprocal rank fusion, chosen on the validation splits; nothing of a test split is read.

Every set of queries counts the same in the mean: each task with each of its query fields, and look-ups, for which a
hybrid is there: nothing is asked but the names and numbers that a query has in common with its document and with few
others. The setting with the best mean MRR@10 is the one to take.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mindgap.evaluation.metrics import retrieval_metrics
from mindgap.evaluation.protocol import Trial, make_trial
from mindgap.models import Choice, Models
from mindgap.retrievers.base import Places, Retriever
from mindgap.retrievers.hybrid import CONSTANT, WEIGHTS, fused_scores, with_common_words
from mindgap.tasks import TASKS, Task

PARTS = ("bm25", "projection-st")
CONSTANTS = (0, 1, 2, 5, 10, 60)
WORD_WEIGHTS = (1.0, 0.9, 0.7, 0.5, 0.3)
LISTED = 10
RARE = 5
LEAST_QUERIES = 50

Figures = tuple[float, float]
"""Accuracy and MRR@10."""


@dataclass(frozen=True)
class Ranked:
    """Both parts' whole rankings of one set of queries: the matched documents by words, and (queries, documents)."""

    trial: Trial
    words: list[Places]
    meaning: Places
    alone: tuple[Figures, Figures]


def lookups(task: Task) -> Trial:
    """The validation queries cut down to names and numbers that at most RARE documents have, the gold among them."""
    pairs = [pair for pair in task.pairs("validation") if pair.label]
    gallery = make_trial(pairs).gallery
    documents = Counter(word for text in gallery.texts for word in set(text.split()))
    found: dict[str, tuple[int, ...]] = {}
    for pair in pairs:
        own = set(pair.document.split())
        shared = [word for word in dict.fromkeys(pair.query.split()) if word in own and documents[word] <= RARE]
        telling = [word for word in shared if word[:1].isupper() or any(c.isdigit() for c in word)]
        if telling:
            found.setdefault(" ".join(telling), (gallery.position[pair.document],))
    return Trial(tuple(found), tuple(found.values()), gallery)


def trials() -> Iterator[tuple[str, str, Trial]]:
    """Heading, task and trial of every set of queries that is large enough to count."""
    for task in TASKS:
        named = [(field, make_trial(task.pairs("validation"), field)) for field in task.query_fields]
        for name, trial in [*named, ("look-ups", lookups(task))]:
            if len(trial.queries) >= LEAST_QUERIES:
                yield f"{task.name}, {name} ({len(trial.queries)} queries)", task.name, trial


def full_rankings(retriever: Retriever, queries: Sequence[str]) -> tuple[np.ndarray, Places]:
    embeddings = retriever.encoder.encode(queries) if retriever.encoder else None
    return retriever.search(retriever.prepare(queries, embeddings), 10**9)


def rank(models: Models, task: str, trial: Trial) -> Ranked:
    (scores, by_words), (_, by_meaning) = (
        full_rankings(models.retriever(name, Choice("offline", task), trial.gallery, keep=False), trial.queries)
        for name in PARTS
    )
    matched = [with_common_words(*row) for row in zip(scores, by_words, strict=True)]
    return Ranked(trial, matched, by_meaning, (figures(by_words, trial), figures(by_meaning, trial)))


def figures(places: Places, trial: Trial) -> Figures:
    metrics = retrieval_metrics(places[:, :LISTED], trial.golds)
    return metrics["accuracy"], metrics["mrr_at_10"]


def fused(ranked: Ranked, constant: float, weight: float) -> Figures:
    documents = ranked.meaning.shape[1]
    both = zip(ranked.words, ranked.meaning, strict=True)
    scores = np.stack([fused_scores(rankings, documents, constant, (weight, 1.0)) for rankings in both])
    return figures(np.argsort(-scores, axis=1, kind="stable"), ranked.trial)


def line(name: str, cells: Sequence[Figures]) -> str:
    accuracy, mrr = np.mean(cells, axis=0)
    return f"{name:>22}  {'  '.join(f'{a:.3f} {m:.3f}' for a, m in cells)}  {accuracy:.4f} {mrr:.4f}"


def main() -> None:
    models = Models()
    sets = [(heading, rank(models, task, trial)) for heading, task, trial in trials()]
    print("reciprocal rank fusion on validation; each column accuracy and MRR@10, the last their mean:")
    for heading, _ in sets:
        print(f"  {heading}")
    for part, name in enumerate(PARTS):
        print(line(name, [ranked.alone[part] for _, ranked in sets]))
    best = (0.0, "")
    for weight in WORD_WEIGHTS:
        for constant in CONSTANTS:
            cells = [fused(ranked, constant, weight) for _, ranked in sets]
            setting = f"weight {weight:.1f}, constant {constant}"
            best = max(best, (float(np.mean(cells, axis=0)[1]), setting))
            print(line(setting.replace("constant ", "c "), cells))
    print(f"best: {best[1]}, mean MRR@10 {best[0]:.4f}; in use: weight {WEIGHTS[0]:.1f}, constant {CONSTANT}")


if __name__ == "__main__":
    main()
