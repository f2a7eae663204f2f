"""The gap between queries and documents before and after a projection: the JSON of `gap`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mindgap.encoders.base import Encoder
from mindgap.errors import CallerError, Failure, Unavailable
from mindgap.evaluation.gap import gap_measures
from mindgap.evaluation.protocol import make_trial
from mindgap.models import Models, card_encoder, fitting_retriever
from mindgap.presets import PRESETS, Role
from mindgap.projections import DEFAULT_METHOD
from mindgap.projections.base import Projection
from mindgap.projections.checkpoint import Checkpoint
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.base import RetrieverSpec
from mindgap.tasks import TASKS
from mindgap.types import Pair
from mindgap.watch import ProgressFor

DEFAULT_RETRIEVER = "projection-st"
# roles whose documents go through another encoder
_DOCUMENT_ROLE = {Role.DPR_QUESTION: Role.DPR_CONTEXT}


@dataclass(frozen=True)
class GapRequest:
    """What to measure. `pairs` (a user's own) take the place of the task's test split.

    Without a `retriever` it is projection-st, or with a `checkpoint` the one whose encoder the checkpoint fits.
    Without a `method` the projection is the one that won on validation.
    """

    task: str | None
    pairs: tuple[Pair, ...] | None = None
    retriever: str | None = None
    checkpoint: Checkpoint | None = None
    method: str | None = None


@dataclass(frozen=True)
class _Sides:
    """What embeds queries and documents, and what projects them (None: nothing does)."""

    name: str
    queries: Encoder
    documents: Encoder
    projection: Projection | None


def gap_report(
    models: Models, preset: str, request: GapRequest, progress_for: ProgressFor = lambda heading: None
) -> dict[str, Any]:
    """The JSON of `gap`: task, retriever, and every measure before and after the projection.

    Raises:
        CallerError: unknown names, a retriever without embeddings, a checkpoint that does not fit, too few pairs.
        Failure: a model or projection that is not there, with the reason and the cure.
    """
    task = _task(request)
    pairs = request.pairs if request.pairs is not None else TASKS.get(str(task)).pairs("test")
    try:
        sides = _sides(models, preset, request, task)
    except Unavailable as missing:
        raise Failure(str(missing)) from missing
    before, after = _measure(models, sides, pairs, progress_for)
    return {"task": task, "retriever": sides.name, "before": before, "after": after}


def _task(request: GapRequest) -> str | None:
    """The task asked for, else the checkpoint's own. Raises CallerError where there is nothing to measure on."""
    task = request.task or (request.checkpoint.card.get("task") if request.checkpoint else None)
    if task is not None:
        return TASKS.get(task).name
    if request.pairs is None:
        raise CallerError(f"Name what to measure on: --task ({', '.join(TASKS.names())}) or --pairs FILE.")
    return None


def _sides(models: Models, preset: str, request: GapRequest, task: str | None) -> _Sides:
    """Encoders and projection. Raises CallerError for what cannot be, Unavailable for what is not there."""
    PRESETS.get(preset)
    spec = RETRIEVERS.get(request.retriever or DEFAULT_RETRIEVER)
    if spec.role is None or not spec.embeds:
        names = ", ".join(s.name for s in RETRIEVERS if s.embeds)
        raise CallerError(
            f"{spec.label} has no embeddings of its own to measure a gap between. Choose one of: {names}."
        )
    if request.checkpoint is not None:
        return _checkpoint_sides(models, preset, spec if request.retriever else None, request.checkpoint)
    if spec.projected and task is None:
        raise CallerError("Without a task it is not known which projection to take: add --task or --checkpoint.")
    queries = _encoder(models, preset, spec.role)
    documents = _encoder(models, preset, _DOCUMENT_ROLE.get(spec.role, spec.role))
    projection = None
    if spec.projected:
        method = request.method or DEFAULT_METHOD
        projection = models.checkpoint(preset, str(task), queries, method).projection
    return _Sides(spec.name, queries, documents, projection)


def _checkpoint_sides(models: Models, preset: str, asked: RetrieverSpec | None, checkpoint: Checkpoint) -> _Sides:
    """The encoder that a checkpoint fits, under the name of its retriever.

    That is the retriever asked for, else the preset's first projecting one with that encoder, else "projection".
    """
    if asked is not None and not asked.projected:
        raise CallerError(f"{asked.label} has no projection that --checkpoint could replace. Leave --retriever out.")
    if asked is not None and asked.role is not None:
        encoder = _encoder(models, preset, asked.role)
        checkpoint.require_encoder(encoder.fingerprint, encoder.label)
        return _Sides(asked.name, encoder, encoder, checkpoint.projection)
    fitting = fitting_retriever(models, preset, checkpoint)
    if fitting is not None and fitting.role is not None:
        encoder = _encoder(models, preset, fitting.role)
        return _Sides(fitting.name, encoder, encoder, checkpoint.projection)
    encoder = card_encoder(checkpoint, models)
    return _Sides("projection", encoder, encoder, checkpoint.projection)


def _encoder(models: Models, preset: str, role: Role) -> Encoder:
    return models.encoder(PRESETS.get(preset).models[role])


def _measure(
    models: Models, sides: _Sides, pairs: Sequence[Pair], progress_for: ProgressFor
) -> tuple[dict[str, float], dict[str, float]]:
    """Measures before and after. Each query text and each document text counts once, as in `evaluate`."""
    true = [pair for pair in pairs if pair.label]
    if not true:
        raise CallerError("None of the pairs is a true one (label 1), so there is no gap to measure.")
    trial = make_trial(true)
    query_of = np.array([i for i, golds in enumerate(trial.golds) for _ in golds], dtype=np.int64)
    document_of = np.array([place for golds in trial.golds for place in golds], dtype=np.int64)
    queries = models.store.embed(sides.queries, trial.queries, progress_for("encoding queries"))
    documents = models.store.embed(sides.documents, trial.gallery.texts, progress_for("encoding documents"))
    before = gap_measures(queries, documents, document_of, query_of)
    if sides.projection is None:
        return before, dict(before)
    mapped = sides.projection.map_queries(queries), sides.projection.map_documents(documents)
    return before, gap_measures(*mapped, document_of, query_of)
