"""Fixed and learned similarity measures on the same pairs, before and after the projection.

The measures are those that Xu and Leiva compare in "Multimodal Representation Alignment for Cross-modal Information
Retrieval": four fixed ones and two learned.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mindgap.encoders.base import Encoder, Progress
from mindgap.errors import CallerError, Failure, Unavailable
from mindgap.evaluation.metrics import Golds, Scores, accuracy_scores
from mindgap.evaluation.protocol import make_trial
from mindgap.evaluation.significance import bootstrap_interval
from mindgap.evaluation.similarity import FIXED_MEASURES, FixedMeasure, Similarity
from mindgap.models import Models
from mindgap.presets import PRESETS, Role
from mindgap.projections import DEFAULT_METHOD, Projection
from mindgap.registry import Registry
from mindgap.tasks import TASKS, Task
from mindgap.types import Vectors
from mindgap.watch import ProgressFor, Stop, Watch

if TYPE_CHECKING:
    from mindgap.training.pairs import EmbeddedPairs
    from mindgap.training.scorers import Scorer


def similarity_report(
    models: Models,
    preset: str,
    task: str,
    progress_for: ProgressFor = lambda heading: None,
    seeds: Sequence[int] = (0, 1, 2),
    stop: Stop = lambda: False,
    measures: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Every measure (or those named in `measures`) on the test split of `task`, with the preset's sentence encoder.

    {"task", "encoder", "queries", "documents", "rows"}; in each row "name", "label", "about", "learned" and
    - "raw", "projected": {"accuracy", "low", "high"} on the encoder's vectors, and on those after the shipped default
      projection: accuracy at rank 1 with its 95 % bootstrap interval over queries. For a learned measure what counts
      for a query is the mean over `seeds`;
    - "spread": {"raw", "projected"}, the sample standard deviation of the accuracy over seeds; null where nothing is
      learned and for a single seed;
    - "settings": {"raw", "projected"}, chosen on the validation split, by the first seed where there are several;
    - "validation_accuracy": {"raw", "projected"} on that split, the mean over seeds;
    - "seconds": fitting, choosing and scoring in both spaces, without the encoding.

    Raises:
        CallerError: an unknown preset, task or measure, or no seed.
        Failure: a model or projection that is not there, with the reason and the cure.
        Stopped: `stop` said so; it is asked at each step.
    """
    known = _measures()
    chosen = [known.get(name) for name in (known.names() if measures is None else measures)]
    if not seeds:
        raise CallerError("No seed was given. Name at least one, such as 0.")
    watch = Watch(progress_for, stop)
    try:
        raw, projected = _spaces(models, preset, TASKS.get(task), watch)
    except Unavailable as missing:
        raise Failure(str(missing)) from missing
    return {
        "task": task,
        "encoder": raw.source.encoder.label,
        "queries": len(raw.queries),
        "documents": len(raw.documents),
        "rows": [_row(measure, (raw, projected), seeds, watch) for measure in chosen],
    }


@dataclass(frozen=True)
class _Source:
    """The embeddings of a task's pairs."""

    models: Models
    encoder: Encoder
    task: Task
    watch: Watch

    @cached_property
    def train(self) -> EmbeddedPairs:
        """Thousands of texts: only asked for by measures that are fitted to them."""
        return self._pairs("train")

    @cached_property
    def validation(self) -> EmbeddedPairs:
        """What settings are chosen on."""
        return self._pairs("validation")

    def embed(self, texts: Sequence[str], what: str) -> Vectors:
        """(n, d), out of the store where they are there."""
        return self.models.store.embed(self.encoder, texts, self.watch(f"encoding {what}"))

    def _pairs(self, split: str) -> EmbeddedPairs:
        from mindgap.training.run import embed_pairs, task_data

        data = task_data(self.task, seed=0)
        pairs = data.train if split == "train" else data.validation
        progress = self.watch(f"encoding {split} pairs")
        return embed_pairs(pairs, data.fields, self.encoder, self.models.store.embed, progress)


@dataclass(frozen=True)
class _Space:
    """Test queries (n, d) and documents (m, d), and the pairs to fit on, as they are compared."""

    name: str
    source: _Source
    projection: Projection | None
    queries: Vectors
    documents: Vectors
    golds: Golds

    @cached_property
    def train(self) -> EmbeddedPairs:
        """The training pairs in this space."""
        return self.source.train.through(self.projection) if self.projection else self.source.train

    @cached_property
    def validation(self) -> EmbeddedPairs:
        """The validation pairs in this space."""
        return self.source.validation.through(self.projection) if self.projection else self.source.validation

    def validation_accuracy(self, similarity: Similarity) -> float:
        """Share of true validation queries whose own document has the highest score."""
        pairs = self.validation
        true = pairs.labels == 1
        best = similarity(pairs.queries[true], pairs.documents).argmax(axis=1)
        return float((best == pairs.document_of[true]).mean())

    def test_scores(self, similarity: Similarity) -> Scores:
        """1 for each test query whose first document is a gold one, else 0; ties in file order."""
        best = similarity(self.queries, self.documents).argmax(axis=1)
        return accuracy_scores(best[:, None], self.golds)


def _spaces(models: Models, preset: str, task: Task, watch: Watch) -> tuple[_Space, _Space]:
    """The raw and the projected space."""
    encoder = models.encoder(PRESETS.get(preset).models[Role.SENTENCE])
    projection = models.checkpoint(preset, task.name, encoder, DEFAULT_METHOD).projection
    source = _Source(models, encoder, task, watch)
    trial = make_trial(task.pairs("test"))
    queries, documents = source.embed(trial.queries, "queries"), source.embed(trial.gallery.texts, "documents")
    mapped = projection.map_queries(queries), projection.map_documents(documents)
    return (
        _Space("raw", source, None, queries, documents, trial.golds),
        _Space("projected", source, projection, *mapped, trial.golds),
    )


def _measures() -> Registry[FixedMeasure | Scorer]:
    from mindgap.training.scorers import SCORERS

    found: Registry[FixedMeasure | Scorer] = Registry("similarity measure")
    for measure in (*FIXED_MEASURES, *SCORERS):
        found.register(measure)
    return found


@dataclass(frozen=True)
class _Fitted:
    """A measure ready to score, the settings behind it, and its accuracy on the validation split."""

    similarity: Similarity
    settings: dict[str, Any]
    validation_accuracy: float


def _fixed(measure: FixedMeasure, space: _Space) -> _Fitted:
    """The measure, of its variants the one that is best on validation."""
    variants = measure.variants(lambda: (space.train.queries, space.train.documents))
    accuracy = {name: space.validation_accuracy(similarity) for name, similarity in variants.items()}
    best = max(accuracy, key=lambda name: accuracy[name])
    # decides whether a measure that sees lengths ranks otherwise than the cosine
    unit = bool(np.allclose(np.linalg.norm(space.documents, axis=1), 1, atol=1e-3))
    settings: dict[str, Any] = {"vectors": measure.vectors, "documents_of_length_1": unit}
    if measure.histograms:
        settings["non_negative"] = best
    return _Fitted(variants[best], settings, accuracy[best])


def _learned(scorer: Scorer, space: _Space, seeds: Sequence[int], progress: Progress) -> list[_Fitted]:
    """One trained scorer for each seed."""
    from mindgap.training.scorers import train_seeds

    trained = train_seeds(scorer, space.train, space.validation, seeds, progress)
    kept = [one.epoch for one in trained]
    return [
        _Fitted(one.scores, asdict(one.settings) | {"kept_epochs": kept}, one.validation_accuracy) for one in trained
    ]


def _fit(measure: FixedMeasure | Scorer, space: _Space, seeds: Sequence[int], progress: Progress) -> list[_Fitted]:
    return [_fixed(measure, space)] if isinstance(measure, FixedMeasure) else _learned(measure, space, seeds, progress)


def _encode(measure: FixedMeasure | Scorer, space: _Space) -> None:
    """Encode what is fitted and chosen on, before the clock starts: these pairs serve every measure."""
    _ = space.validation
    if not isinstance(measure, FixedMeasure) or measure.histograms:
        _ = space.train


def _row(
    measure: FixedMeasure | Scorer, spaces: Sequence[_Space], seeds: Sequence[int], watch: Watch
) -> dict[str, Any]:
    learned = not isinstance(measure, FixedMeasure)
    for space in spaces:
        _encode(measure, space)
    started = time.perf_counter()
    found = {
        space.name: _measured(space, _fit(measure, space, seeds, watch(f"{measure.label}, {space.name}")))
        for space in spaces
    }
    seconds = time.perf_counter() - started
    return {
        "name": measure.name,
        "label": measure.label,
        "about": measure.about,
        "learned": learned,
        **{name: of.figures for name, of in found.items()},
        "spread": {name: of.spread for name, of in found.items()} if learned and len(seeds) > 1 else None,
        "settings": {name: of.settings for name, of in found.items()},
        "validation_accuracy": {name: of.validation_accuracy for name, of in found.items()},
        "seconds": round(seconds, 3),
    }


@dataclass(frozen=True)
class _Measured:
    """What one measure achieves in one space."""

    figures: dict[str, float]
    spread: float
    settings: dict[str, Any]
    validation_accuracy: float


def _measured(space: _Space, fitted: Sequence[_Fitted]) -> _Measured:
    scores = np.array([space.test_scores(one.similarity) for one in fitted])
    each = [float(accuracy) for accuracy in scores.mean(axis=1)]
    low, high = bootstrap_interval(scores.mean(axis=0))
    return _Measured(
        figures={"accuracy": statistics.fmean(each), "low": low, "high": high},
        spread=statistics.stdev(each) if len(each) > 1 else 0.0,
        settings=fitted[0].settings,
        validation_accuracy=statistics.fmean(one.validation_accuracy for one in fitted),
    )
