"""The evaluation of several retrievers on a split or on a user's file: the JSON of `evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mindgap.encoders.pair import EncoderPair
from mindgap.errors import CallerError, Unavailable
from mindgap.evaluation.metrics import Scores
from mindgap.evaluation.protocol import METRICS, Trial, make_trial, measure
from mindgap.evaluation.significance import intervals, pairwise_differences
from mindgap.models import SCORINGS, Choice, Models, card_encoder, csls_queries, fitting_retriever
from mindgap.presets import PRESETS
from mindgap.projections.checkpoint import Checkpoint, CheckpointError
from mindgap.registry import suggestion
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.base import Retriever
from mindgap.retrievers.dense import DenseRetriever
from mindgap.retrievers.projection import PROJECTION
from mindgap.tasks import QUERY_FIELDS, TASKS
from mindgap.text import printable
from mindgap.types import Pair, Vectors
from mindgap.watch import ProgressFor
from mindgap.workspace import check_retrievers

FINE_TUNED = "fine-tuned-encoders"
"""Name of the result of two fine-tuned encoders."""

OWN = PROJECTION.name
"""Name of the result of a checkpoint that fits no encoder of the preset."""


@dataclass(frozen=True)
class EvaluationRequest:
    """What to evaluate. `pairs` (a user's own) take the place of the split.

    `checkpoint` is a projection, `encoders` are two fine-tuned encoders; either is measured beside the retrievers.
    `limit` cuts queries, `gallery` documents. `intervals` adds 95 % intervals, and tests between the retrievers.
    `scoring` is one of SCORINGS and only matters to retrievers that project.
    """

    task: str | None
    split: str = "test"
    pairs: tuple[Pair, ...] | None = None
    query_field: str = "query"
    retrievers: Sequence[str] | None = None
    method: str | None = None
    checkpoint: Checkpoint | None = None
    encoders: EncoderPair | None = None
    limit: int | None = None
    gallery: int | None = None
    intervals: bool = False
    scoring: str = SCORINGS[0]


def evaluate(
    models: Models, preset: str, request: EvaluationRequest, progress_for: ProgressFor = lambda heading: None
) -> dict[str, Any]:
    """The JSON of `evaluate`.

    With `request.intervals` each result also has `recall_at_1`, `recall_at_5` and `intervals` (measure -> [low, high]),
    and the report `differences`: each pair of available retrievers compared in accuracy.

    Raises CallerError for what cannot be; a missing model is a result with the reason.
    """
    trial = _trial(request)
    evaluation = _Evaluation(
        models, _choice(preset, request), trial, keep=request.pairs is None, progress_for=progress_for
    )
    own = request.checkpoint if _own_retriever_needed(models, preset, request) else None
    if request.encoders:
        _require_encoders(models, request.encoders)
    outcomes = evaluation.outcomes(check_retrievers(request.retrievers), own)
    if request.encoders:
        outcomes.append(evaluation.own_encoders(request.encoders))
    report = {
        "task": evaluation.choice.task,
        "split": request.split if request.pairs is None else None,
        "preset": preset,
        "queries": len(trial.queries),
        "documents": len(trial.gallery),
        "warnings": list(trial.warnings),
        "results": [outcome.result for outcome in outcomes],
    }
    return _with_intervals(report, outcomes) if request.intervals else report


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
    own = request.checkpoint or request.encoders
    task = request.task or (own.card.get("task") if own else None)
    if task is not None:
        TASKS.get(task)
    if request.scoring not in SCORINGS:
        raise CallerError(f"There is no scoring {request.scoring!r}.{suggestion(request.scoring, list(SCORINGS))}")
    choice = Choice(preset, task, checkpoint=request.checkpoint, scoring=request.scoring)
    return replace(choice, method=request.method) if request.method else choice


def _own_retriever_needed(models: Models, preset: str, request: EvaluationRequest) -> bool:
    """Whether no projecting retriever of the preset has the encoder of the given checkpoint.

    Raises CheckpointError where the checkpoint fits no encoder that is to be had here.
    """
    if request.checkpoint is None or fitting_retriever(models, preset, request.checkpoint):
        return False
    card_encoder(request.checkpoint, models)
    return True


def _require_encoders(models: Models, pair: EncoderPair) -> None:
    """Load both encoders. Raises CheckpointError where one is not whole."""
    try:
        models.encoder(pair.query)
        models.encoder(pair.document)
    except Unavailable as missing:
        raise CheckpointError(f"The encoders of {pair.folder} cannot be loaded. {missing}") from missing
    except (ValueError, OSError) as error:
        reason = printable(error, 200).rstrip(".")
        raise CheckpointError(
            f"The encoders of {pair.folder} cannot be loaded ({reason}). Train them again."
        ) from error


@dataclass(frozen=True)
class _Outcome:
    """A row of results, and the scores of each query behind it (None where the retriever is not available)."""

    result: dict[str, Any]
    scores: dict[str, Scores] | None


def _with_intervals(report: dict[str, Any], outcomes: Sequence[_Outcome]) -> dict[str, Any]:
    results = [outcome.result | _interval_part(outcome.scores) for outcome in outcomes]
    systems = [(outcome.result["name"], outcome.scores) for outcome in outcomes if outcome.scores is not None]
    return report | {"results": results, "differences": pairwise_differences(systems, "accuracy")}


def _interval_part(scores: dict[str, Scores] | None) -> dict[str, Any]:
    """What the report of one retriever gains."""
    more = ("recall_at_1", "recall_at_5")
    if scores is None:
        return dict.fromkeys((*more, "intervals"))
    return {name: float(scores[name].mean()) for name in more} | {"intervals": intervals(scores)}


@dataclass(frozen=True)
class _Evaluation:
    models: Models
    choice: Choice
    trial: Trial
    keep: bool
    progress_for: ProgressFor

    def outcomes(self, names: Sequence[str], own: Checkpoint | None) -> list[_Outcome]:
        """What the retrievers achieve; `own`, which fits none of them, takes the place of the preset's projection."""
        if own is None:
            return [self.outcome(name) for name in names]
        names = names if OWN in names else [*names, OWN]
        return [self.own_projection(own) if name == OWN else self.outcome(name) for name in names]

    def outcome(self, name: str) -> _Outcome:
        """What one retriever achieves."""
        spec = RETRIEVERS.get(name)
        row = {"name": name, "model": spec.model(PRESETS.get(self.choice.preset))}
        try:
            retriever = self.models.retriever(name, self.choice, self.trial.gallery, self.keep)
        except Unavailable as missing:
            return _Outcome(row | {"unavailable": str(missing)} | dict.fromkeys(METRICS), None)
        return self._measure(row, retriever, spec.label)

    def own_projection(self, checkpoint: Checkpoint) -> _Outcome:
        """What is achieved with a checkpoint whose encoder no retriever of the preset has."""
        encoder = card_encoder(checkpoint, self.models)
        documents = self.models.store.embed(encoder, self.trial.gallery.texts, self.progress_for("documents"))
        model = str(checkpoint.card.get("model") or f"{encoder.label} + projection")
        row = {"name": OWN, "model": model}
        try:
            hub_queries = csls_queries(checkpoint) if self.choice.scoring == "csls" else None
        except Unavailable as missing:
            return _Outcome(row | {"unavailable": str(missing)} | dict.fromkeys(METRICS), None)
        retriever = DenseRetriever(encoder, documents, checkpoint.projection, hub_queries=hub_queries)
        return self._measure(row, retriever, OWN)

    def own_encoders(self, pair: EncoderPair) -> _Outcome:
        """What is achieved with two fine-tuned encoders and no projection."""
        encoder = self.models.encoder(pair.document)
        documents = self.models.store.embed(encoder, self.trial.gallery.texts, self.progress_for("documents"))
        retriever = DenseRetriever(self.models.encoder(pair.query), documents)
        return self._measure({"name": FINE_TUNED, "model": pair.label}, retriever, FINE_TUNED)

    def _measure(self, row: dict[str, Any], retriever: Retriever, label: str) -> _Outcome:
        measured = measure(retriever, self.trial, self._encode, self.progress_for(label))
        return _Outcome(row | {"unavailable": None} | measured.metrics, measured.scores)

    def _encode(self, retriever: Retriever, queries: Sequence[str]) -> Vectors | None:
        if retriever.encoder is None:
            return None
        return self.models.store.embed(retriever.encoder, queries, self.progress_for("encoding queries"))
