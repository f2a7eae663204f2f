"""The evaluation of several retrievers on a split or on a user's file: the JSON of `evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mindgap.encoders.base import Progress
from mindgap.errors import CallerError, Unavailable
from mindgap.evaluation.protocol import METRICS, Trial, make_trial, measure
from mindgap.models import Choice, Models, card_encoder
from mindgap.presets import PRESETS
from mindgap.projections.checkpoint import Checkpoint
from mindgap.registry import suggestion
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.base import Retriever
from mindgap.retrievers.dense import DenseRetriever
from mindgap.tasks import QUERY_FIELDS, TASKS
from mindgap.types import Pair, Vectors
from mindgap.workspace import check_retrievers

ProgressFor = Callable[[str], Progress | None]
"""Heading -> progress of that stretch of work."""


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate. `pairs` (a user's own) take the place of the split.

    `limit` cuts queries, `gallery` documents.
    """

    task: str | None
    split: str = "test"
    pairs: tuple[Pair, ...] | None = None
    query_field: str = "query"
    retrievers: Sequence[str] | None = None
    method: str | None = None
    checkpoint: Checkpoint | None = None
    limit: int | None = None
    gallery: int | None = None


def evaluate(
    models: Models, preset: str, request: EvaluationRequest, progress_for: ProgressFor = lambda heading: None
) -> dict[str, Any]:
    """The JSON of `evaluate`. Raises CallerError for what cannot be; a missing model is a result with the reason."""
    trial = _trial(request)
    evaluation = _Evaluation(
        models, _choice(preset, request), trial, keep=request.pairs is None, progress_for=progress_for
    )
    own = _own_retriever_needed(models, preset, request)
    results = [evaluation.result(name) for name in check_retrievers(request.retrievers)]
    if own and request.checkpoint:
        results.append(evaluation.own_projection(request.checkpoint))
    return {
        "task": evaluation.choice.task,
        "split": request.split if request.pairs is None else None,
        "preset": preset,
        "queries": len(trial.queries),
        "documents": len(trial.gallery),
        "warnings": list(trial.warnings),
        "results": results,
    }


def _trial(request: EvaluationRequest) -> Trial:
    if request.query_field not in QUERY_FIELDS:
        raise CallerError(
            f"There is no query field {request.query_field!r}.{suggestion(request.query_field, list(QUERY_FIELDS))}"
        )
    if request.pairs is None and request.task is None:
        raise CallerError(f"Name what to evaluate on: --task ({', '.join(TASKS.names())}) or --pairs FILE.")
    pairs = request.pairs if request.pairs is not None else TASKS.get(str(request.task)).pairs(request.split)
    return make_trial(pairs, request.query_field, request.limit, request.gallery)


def _choice(preset: str, request: EvaluationRequest) -> Choice:
    task = request.task or (request.checkpoint.card.get("task") if request.checkpoint else None)
    if task is not None:
        TASKS.get(task)
    choice = Choice(preset, task, checkpoint=request.checkpoint)
    return replace(choice, method=request.method) if request.method else choice


def _own_retriever_needed(models: Models, preset: str, request: EvaluationRequest) -> bool:
    """Whether no projecting retriever of the preset has the encoder of the given checkpoint.

    Raises CheckpointError where the checkpoint fits no encoder that is to be had here.
    """
    if request.checkpoint is None:
        return False
    for spec in RETRIEVERS:
        if not spec.projected or spec.role is None:
            continue
        try:
            encoder = models.encoder(PRESETS.get(preset).models[spec.role])
        except Unavailable:
            continue
        if encoder.fingerprint == request.checkpoint.encoder_fingerprint:
            return False
    card_encoder(request.checkpoint, models)
    return True


@dataclass(frozen=True)
class _Evaluation:
    models: Models
    choice: Choice
    trial: Trial
    keep: bool
    progress_for: ProgressFor

    def result(self, name: str) -> dict[str, Any]:
        """One row of results."""
        spec = RETRIEVERS.get(name)
        row = {"name": name, "model": spec.model(PRESETS.get(self.choice.preset))}
        try:
            retriever = self.models.retriever(name, self.choice, self.trial.gallery, self.keep)
        except Unavailable as missing:
            return row | {"unavailable": str(missing)} | dict.fromkeys(METRICS)
        return row | {"unavailable": None} | self._measure(retriever, spec.label)

    def own_projection(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """The row of a checkpoint whose encoder no retriever of the preset has."""
        encoder = card_encoder(checkpoint, self.models)
        documents = self.models.store.embed(encoder, self.trial.gallery.texts, self.progress_for("documents"))
        retriever = DenseRetriever(encoder, documents, checkpoint.projection)
        row = {"name": "projection", "model": f"{encoder.label} + projection", "unavailable": None}
        return row | self._measure(retriever, "projection")

    def _measure(self, retriever: Retriever, label: str) -> dict[str, Any]:
        return measure(retriever, self.trial, self._encode, self.progress_for(label))

    def _encode(self, retriever: Retriever, queries: Sequence[str]) -> Vectors | None:
        if retriever.encoder is None:
            return None
        return self.models.store.embed(retriever.encoder, queries, self.progress_for("encoding queries"))
