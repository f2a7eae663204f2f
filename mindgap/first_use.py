"""Projections that are trained where they are first needed: what is missing, how long it will take, the training."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mindgap.encoders.base import Encoder, Progress
from mindgap.encoders.locate import locate
from mindgap.errors import CallerError, Failure, Unavailable
from mindgap.models import Models, checkpoint_folder
from mindgap.presets import PRESETS
from mindgap.projections import DEFAULT_METHOD, METHODS
from mindgap.projections.base import Method
from mindgap.projections.checkpoint import CARD
from mindgap.retrievers import RETRIEVERS
from mindgap.runs import Runs
from mindgap.tasks import TASKS
from mindgap.types import Pair
from mindgap.watch import ProgressFor, Stop, Watch

_PROBED_TEXTS = 8
_PROBED_ROWS = 512
_KEPT_SECONDS = 600
"""A speed that was measured while something else ran is not believed for ever."""
SWITCH = "MINDGAP_TRAINING"


@dataclass(frozen=True)
class Training:
    """A projection that no checkpoint holds: the encoder is the one behind `retriever` in the preset."""

    preset: str
    task: str
    method: str
    encoder: str


@dataclass(frozen=True)
class Estimate:
    """How long a training will take here, from a probe of both of its parts.

    Attributes:
        texts: to encode, at most; those that were encoded before are not encoded again.
        epochs: 0 for a closed form.
        encoding, training: seconds of each part.
    """

    texts: int
    epochs: int
    encoding: float
    training: float

    @property
    def seconds(self) -> float:
        """Of both parts together."""
        return self.encoding + self.training


@dataclass(frozen=True)
class Speed:
    """What a probe found, in seconds: for a text, before the first epoch, for a pair in an epoch; and when it was."""

    per_text: float
    before: float
    per_row: float
    at: float


def missing_training(preset: str, task: str, method: str, retriever: str) -> Training | None:
    """The training that would bring a retriever back.

    None where its projection is there, its encoder is not, or its folder is taken by something that is no checkpoint.
    Raises CallerError for unknown names.
    """
    spec = RETRIEVERS.get(retriever)
    if not spec.projected or spec.role is None:
        return None
    encoder = PRESETS.get(preset).models[spec.role]
    if checkpoint_folder(preset, TASKS.get(task).name, encoder.name, METHODS.get(method).name).exists():
        return None
    try:
        locate(encoder)
    except Unavailable:
        return None
    return Training(preset, task, method, encoder.name)


def missing_trainings(preset: str, method: str) -> list[Training]:
    """Every training that the preset's retrievers lack, each once, in the order of tasks and retrievers."""
    found = (missing_training(preset, task.name, method, spec.name) for task in TASKS for spec in RETRIEVERS)
    return list(dict.fromkeys(training for training in found if training))


def may_train() -> bool:
    """Whether visitors may start a training: MINDGAP_TRAINING, which is 1 unless set to 0. Raises CallerError else."""
    wish = os.environ.get(SWITCH) or "1"
    if wish not in ("0", "1"):
        raise CallerError(f"{SWITCH} is {wish[:40]!r}; it must be 0 or 1.")
    return wish == "1"


class FirstUse:
    """Trains what is missing with models that everybody shares.

    Attributes:
        runs: the trainings under way, one at a time, each followed by whoever wants to.
    """

    def __init__(self, models: Models) -> None:
        self.runs: Runs[Training] = Runs(self.train, "training")
        self._models = models
        self._speeds: dict[Training, Speed] = {}
        self._training = threading.Lock()

    def begin_missing(self, preset: str) -> list[Training]:
        """Begin every training that the preset lacks with the default method; they go on whoever watches."""
        missing = missing_trainings(preset, DEFAULT_METHOD)
        for training in missing:
            self.runs.join(training, "at start", keep=True)
        return missing

    def estimate(self, training: Training) -> Estimate | None:
        """What the training will take. Encodes a few texts and trains on a few random vectors the first time.

        None while a training runs and this one was not estimated before: a probe would measure half a machine, and
        torch has one random generator, which the running training draws from.

        Raises Unavailable where the encoder is not there.
        """
        task, method = TASKS.get(training.task), METHODS.get(training.method)
        splits = [task.pairs(split) for split in ("train", "validation") if task.has_split(split)]
        wrong = method.recipe is not None and method.recipe.wrong_queries
        texts = count_texts(splits[0], task.train_fields, wrong)
        texts += sum(count_texts(pairs, task.train_fields) for pairs in splits[1:])
        rows = sum(bool(getattr(pair, field)) for pair in splits[0] for field in task.train_fields)
        speed = self._speed(training, self._encoder(training), method, splits[0])
        if speed is None:
            return None
        epochs = method.recipe.epochs if method.recipe else 0
        return Estimate(texts, epochs, texts * speed.per_text, speed.before + rows * max(1, epochs) * speed.per_row)

    def _speed(self, training: Training, encoder: Encoder, method: Method, pairs: tuple[Pair, ...]) -> Speed | None:
        known = self._speeds.get(training)
        if known and time.monotonic() - known.at < _KEPT_SECONDS:
            return known
        if not self._training.acquire(blocking=False):
            return known
        try:
            sample = [pair.document for pair in pairs[:: max(1, len(pairs) // _PROBED_TEXTS)]][:_PROBED_TEXTS]
            before, per_row = probe_training(method, encoder.dimension)
            speed = Speed(seconds_per_text(encoder, sample), before, per_row, time.monotonic())
        finally:
            self._training.release()
        self._speeds[training] = speed
        return speed

    def train(self, training: Training, progress_for: ProgressFor, stop: Stop) -> dict[str, Any]:
        """Encode, train and keep the projection where the preset looks for it; returns the JSON of `train`.

        Raises Stopped soon after `stop` has said so, and then nothing is written; Failure where it cannot be kept.
        """
        task, encoder = TASKS.get(training.task), self._encoder(training)
        folder = checkpoint_folder(training.preset, task.name, encoder.name, training.method)
        require_writable(folder)
        try:
            with self._training:
                return self._train(training, encoder, folder, Watch(progress_for, stop, "training"))
        except CallerError:
            if (folder / CARD).is_file():  # another process was faster
                return {"checkpoint": str(folder)}
            raise
        except OSError as error:
            raise Failure(f"The projection was trained but could not be kept ({error.strerror or error}).") from error

    def _train(self, training: Training, encoder: Encoder, folder: Path, watch: Watch) -> dict[str, Any]:
        from mindgap.training.run import task_data, train_checkpoint
        from mindgap.training.trainer import Epoch

        data, method = task_data(TASKS.get(training.task), seed=0), METHODS.get(training.method)
        wrong = method.recipe is not None and method.recipe.wrong_queries
        texts = count_texts(data.train, data.fields, wrong) + count_texts(data.validation, data.fields)
        encoding = _Joined(watch("encoding"), texts)
        epochs: list[Progress] = []

        def on_epoch(epoch: Epoch, total: int) -> None:
            if not epochs:
                epochs.append(watch("training"))
            epochs[0](epoch.epoch, total)

        report = train_checkpoint(
            data, encoder, method, folder, self._models.store.embed,
            progress=encoding, on_epoch=on_epoch, preset=training.preset, source=encoder.name,
        )  # fmt: skip
        return report.to_json()

    def _encoder(self, training: Training) -> Encoder:
        models = PRESETS.get(training.preset).models.values()
        return self._models.encoder(next(spec for spec in models if spec.name == training.encoder))


class _Joined:
    """Several stretches of (done, total), one after the other, as one that counts to `total`."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total = progress, total
        self._before, self._last = 0, (0, 0)

    def __call__(self, done: int, total: int) -> None:
        if done <= self._last[0] or total != self._last[1]:
            self._before += self._last[0]
        self._last = (done, total)
        self._progress(min(self._before + done, self._total), self._total)


def count_texts(pairs: tuple[Pair, ...], fields: tuple[str, ...], wrong: bool = False) -> int:
    """How many texts `embed_pairs` encodes: each filled field of each pair, each document once, wrong queries."""
    rows = [pair for field in fields for pair in pairs if getattr(pair, field)]
    documents = {pair.document for pair in rows}
    queries = sum(len(p.negatives) + (not p.label) for p in pairs if p.document in documents) if wrong else 0
    return len(rows) + len(documents) + queries


def require_writable(folder: Path) -> None:
    """Raise Failure where a checkpoint could not be written, before any work. Names no path: visitors read it."""
    place = next(parent for parent in folder.parents if parent.exists())
    if not os.access(place, os.W_OK):
        raise Failure("The folder of checkpoints cannot be written on this server, so nothing was trained.")


def seconds_per_text(encoder: Encoder, sample: list[str]) -> float:
    """Wall-clock seconds that the encoder takes for a text like those of the sample."""
    encoder.encode(sample[:1])  # the first call pays for what later ones find ready
    started = time.perf_counter()
    encoder.encode(sample)
    return (time.perf_counter() - started) / len(sample)


def probe_training(method: Method, dimension: int) -> tuple[float, float]:
    """Wall-clock seconds before the first epoch, and in one epoch for a pair, from three epochs on random vectors.

    A closed form counts as one epoch that tries every setting of its grid.
    """
    from mindgap.training.pairs import EmbeddedPairs
    from mindgap.training.trainer import train_projection

    generator = np.random.default_rng(0)
    queries, documents = generator.standard_normal((2, _PROBED_ROWS, dimension), dtype=np.float32)
    rows = np.arange(_PROBED_ROWS)
    pairs = EmbeddedPairs(queries, documents, rows, np.ones_like(rows))
    if method.recipe is None:
        return 0.0, train_projection(method, pairs, pairs).seconds / _PROBED_ROWS
    ends = [time.perf_counter()]
    recipe = replace(method.recipe, epochs=3)
    train_projection(method, pairs, pairs, recipe, on_epoch=lambda *_: ends.append(time.perf_counter()))
    epoch = (ends[-1] - ends[1]) / (len(ends) - 2)
    # the first epoch also pays for what comes before it: the start, the optimiser
    return max(0.0, ends[1] - ends[0] - epoch), epoch / _PROBED_ROWS
