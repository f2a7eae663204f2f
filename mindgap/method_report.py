"""Every alignment method on one task, on the same pairs: the table "alignment methods"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mindgap.encoders.base import Encoder, Progress
from mindgap.evaluation.metrics import Scores, query_scores
from mindgap.evaluation.significance import bootstrap_interval, paired_test
from mindgap.indexes import FlatIndex, normalise
from mindgap.models import Models
from mindgap.presets import PRESETS, Role
from mindgap.projections import DEFAULT_METHOD, METHODS, PAPER_METHOD
from mindgap.projections.base import Method, Projection
from mindgap.projections.checkpoint import round_half
from mindgap.projections.csls import document_offsets, keep_queries, with_offsets, with_one
from mindgap.tasks import TASKS
from mindgap.training.pairs import EmbeddedPairs, top1_accuracy
from mindgap.training.run import embed_pairs
from mindgap.training.trainer import train_projection
from mindgap.types import Pair

SEEDS = (0, 1, 2)
FOLDS = 3
MEASURES = ("accuracy", "recall_at_10", "mrr_at_10", "ndcg_at_10")


@dataclass(frozen=True)
class MethodData:
    """One task embedded by one encoder.

    Attributes:
        train: every query form the projections are trained on.
        validation: the same forms; settings of closed forms are chosen on it.
        tests: query form -> the test split asked in that form.
        train_topics, validation_topics, test_topics: of each document, in the order of the embedded documents.
    """

    task: str
    encoder: Encoder
    train: EmbeddedPairs
    validation: EmbeddedPairs
    tests: dict[str, EmbeddedPairs]
    train_topics: tuple[str, ...]
    validation_topics: tuple[str, ...]
    test_topics: tuple[str, ...]


def method_data(models: Models, preset: str, task_name: str, role: Role = Role.SENTENCE) -> MethodData:
    """Embed a task's splits with the preset's encoder of `role`. Raises Unavailable where that is not there."""
    task, encoder = TASKS.get(task_name), models.encoder(PRESETS.get(preset).models[role])
    embed = models.store.embed

    def pairs(split: str, fields: tuple[str, ...]) -> EmbeddedPairs:
        return embed_pairs(task.pairs(split), fields, encoder, embed, wrong=split == "train")

    return MethodData(
        task_name,
        encoder,
        pairs("train", task.train_fields),
        pairs("validation", task.train_fields),
        {field: _whole_gallery(task.pairs("test"), field, encoder, models) for field in task.query_fields},
        _topics(task.pairs("train")),
        _topics(task.pairs("validation")),
        _topics(task.pairs("test")),
    )


def _whole_gallery(pairs: Sequence[Pair], field: str, encoder: Encoder, models: Models) -> EmbeddedPairs:
    """The pairs that have `field`, searched among the documents of all."""
    asked = [pair for pair in pairs if getattr(pair, field)]
    documents = list(dict.fromkeys(pair.document for pair in pairs))
    place = {text: i for i, text in enumerate(documents)}
    return EmbeddedPairs(
        models.store.embed(encoder, [getattr(pair, field) for pair in asked]),
        models.store.embed(encoder, documents),
        np.array([place[pair.document] for pair in asked], dtype=np.int64),
        np.array([pair.label for pair in asked], dtype=np.int64),
    )


def _topics(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """The topic of each document, documents once each in file order."""
    found: dict[str, str] = {}
    for pair in pairs:
        found.setdefault(pair.document, pair.topic)
    return tuple(found.values())


def method_table(
    data: MethodData,
    methods: Sequence[str] | None = None,
    seeds: Sequence[int] = SEEDS,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The table of one task: a row for each method.

    Scores are of the half-precision weights on the test split, averaged over `seeds` query by query; intervals are 95 %
    bootstrap intervals over queries. "unseen_topics" asks each test query of a projection that was trained without any
    pair of the query's topic (first seed). p values are of the paired randomisation test against the raw encoder and
    against the paper's method.
    """
    names = list(methods or METHODS.names())
    measured = {}
    for done, name in enumerate(names):
        measured[name] = _measure(data, METHODS.get(name), seeds)
        if progress:
            progress(done + 1, len(names))
    main = next(iter(data.tests))
    return {
        "task": data.task,
        "encoder": data.encoder.label,
        "pairs": len(data.train),
        "queries": {field: int((test.labels == 1).sum()) for field, test in data.tests.items()},
        "documents": len(data.tests[main].documents),
        "seeds": len(seeds),
        "rows": [_row(name, measured, main) for name in names],
    }


@dataclass(frozen=True)
class _Measured:
    scores: dict[str, dict[str, Scores]]
    csls: dict[str, Scores]
    unseen: dict[str, Scores]
    by_seed: list[float]
    validation: float
    seconds: float
    settings: dict[str, Any]


def _measure(data: MethodData, method: Method, seeds: Sequence[int]) -> _Measured:
    used = seeds if method.recipe is not None else seeds[:1]
    scores: dict[str, dict[str, list[Scores]]] = {field: {m: [] for m in MEASURES} for field in data.tests}
    csls: dict[str, list[Scores]] = {field: [] for field in data.tests}
    validation, seconds, settings = [], [], {}
    for seed in used:
        trained = train_projection(method, data.train, data.validation, seed=seed)
        projection, settings = round_half(trained.projection, method, trained.settings), trained.settings
        validation.append(top1_accuracy(projection, data.validation))
        seconds.append(trained.seconds)
        for field, test in data.tests.items():
            for measure, values in scores_of(projection, test).items():
                if measure in MEASURES:
                    scores[field][measure].append(values)
            csls[field].append(scores_of(projection, test, data.train)["accuracy"])
    main = next(iter(data.tests))
    return _Measured(
        {field: {m: np.mean(v, axis=0) for m, v in of.items()} for field, of in scores.items()},
        {field: np.mean(v, axis=0) for field, v in csls.items()},
        unseen_topics(data, method),
        [float(v.mean()) for v in scores[main]["accuracy"]],
        float(np.mean(validation)),
        float(np.mean(seconds)),
        settings,
    )


def scores_of(projection: Projection, test: EmbeddedPairs, csls_from: EmbeddedPairs | None = None) -> dict[str, Scores]:
    """Every measure of each true query; with `csls_from` ranked by CSLS, its term from those training queries."""
    true = test.labels == 1
    documents = normalise(projection.map_documents(test.documents))
    queries = normalise(projection.map_queries(test.queries[true]))
    if csls_from is not None:
        near = keep_queries(normalise(projection.map_queries(csls_from.queries[csls_from.labels == 1])))
        documents, queries = with_offsets(documents, document_offsets(documents, near)), with_one(queries)
    ranked = FlatIndex(documents).search(queries, 10)[1]
    return query_scores(ranked, [(int(place),) for place in test.document_of[true]])


def unseen_topics(data: MethodData, method: Method, seed: int = 0) -> dict[str, Scores]:
    """Query form -> accuracy of each test query, answered by a projection that saw no pair of the query's topic.

    Topics are dealt into 3 folds. Neither training nor the choice of settings sees a pair of the topics held out.
    """
    topics = sorted(set(data.train_topics))
    found = {field: np.zeros(int((test.labels == 1).sum())) for field, test in data.tests.items()}
    test_topics = np.array(data.test_topics)
    for fold in range(FOLDS):
        held = topics[fold::FOLDS]
        train, validation = (
            pairs.rows(np.flatnonzero(~np.isin(np.array(of)[pairs.document_of], held)))
            for pairs, of in ((data.train, data.train_topics), (data.validation, data.validation_topics))
        )
        trained = train_projection(method, train, validation, seed=seed)
        projection = round_half(trained.projection, method, trained.settings)
        for field, test in data.tests.items():
            mine = np.isin(test_topics[test.document_of[test.labels == 1]], held)
            found[field][mine] = scores_of(projection, test)["accuracy"][mine]
    return found


def _row(name: str, measured: dict[str, _Measured], main: str) -> dict[str, Any]:
    method, own = METHODS.get(name), measured[name]
    return {
        "method": name,
        "label": method.label,
        "about": method.about,
        "default": name == DEFAULT_METHOD,
        "paper": name == PAPER_METHOD,
        "settings": own.settings,
        "validation_accuracy": own.validation,
        "seconds": round(own.seconds, 2),
        "by_seed": own.by_seed,
        "spread": float(np.std(own.by_seed, ddof=1)) if len(own.by_seed) > 1 else None,
        "test": {field: {m: _figure(v) for m, v in of.items()} for field, of in own.scores.items()},
        "csls": {field: _figure(v) for field, v in own.csls.items()},
        "unseen_topics": {field: _figure(v) for field, v in own.unseen.items()},
        "p": {
            field: {
                other: _p(own.scores[field]["accuracy"], measured[other].scores[field]["accuracy"])
                for other in ("identity", PAPER_METHOD)
                if other in measured and other != name
            }
            for field in own.scores
        },
    }


def _figure(scores: Scores) -> dict[str, float]:
    low, high = bootstrap_interval(scores)
    return {"value": float(scores.mean()), "low": low, "high": high}


def _p(a: Scores, b: Scores) -> float:
    return paired_test(a, b).p
