"""Projections that are trained where they are first needed: what is missing, how long it will take, the training."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mindgap.encoders.base import Encoder, Progress
from mindgap.encoders.locate import locate
from mindgap.errors import Unavailable
from mindgap.lazy import Once
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


def missing_training(preset: str, task: str, method: str, retriever: str) -> Training | None:
    """The training that would bring a retriever back; None where its projection is there or its encoder is not.

    Raises CallerError for unknown names.
    """
    spec = RETRIEVERS.get(retriever)
    if not spec.projected or spec.role is None:
        return None
    encoder = PRESETS.get(preset).models[spec.role]
    if (checkpoint_folder(preset, TASKS.get(task).name, encoder.name, METHODS.get(method).name) / CARD).is_file():
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


class FirstUse:
    """Trains what is missing with models that everybody shares.

    Attributes:
        runs: the trainings under way, one at a time, each followed by whoever wants to.
    """

    def __init__(self, models: Models) -> None:
        self.runs: Runs[Training] = Runs(self.train, "training")
        self._models = models
        self._speeds: Once[float] = Once()

    def begin_missing(self, preset: str) -> list[Training]:
        """Begin every training that the preset lacks with the default method; they go on whoever watches."""
        missing = missing_trainings(preset, DEFAULT_METHOD)
        for training in missing:
            self.runs.join(training, "at start", keep=True)
        return missing

    def estimate(self, training: Training) -> Estimate:
        """What the training will take. Encodes a few texts and trains on a few random vectors the first time.

        Raises Unavailable where the encoder is not there.
        """
        task, method, encoder = TASKS.get(training.task), METHODS.get(training.method), self._encoder(training)
        splits = [task.pairs(split) for split in ("train", "validation") if task.has_split(split)]
        texts = sum(count_texts(pairs, task.train_fields) for pairs in splits)
        rows = sum(bool(getattr(pair, field)) for pair in splits[0] for field in task.train_fields)
        sample = [pair.document for pair in splits[0][:: max(1, len(splits[0]) // _PROBED_TEXTS)]][:_PROBED_TEXTS]
        per_text = self._speeds.get((encoder.fingerprint, task.name), lambda: seconds_per_text(encoder, sample))
        per_row = self._speeds.get((encoder.dimension, method.name), lambda: seconds_per_row(method, encoder.dimension))
        epochs = method.recipe.epochs if method.recipe else 0
        return Estimate(texts, epochs, texts * per_text, rows * max(1, epochs) * per_row)

    def train(self, training: Training, progress_for: ProgressFor, stop: Stop) -> dict[str, Any]:
        """Encode, train and keep the projection where the preset looks for it; returns the JSON of `train`.

        Raises Stopped soon after `stop` has said so, and then nothing is written.
        """
        from mindgap.training.run import task_data, train_checkpoint
        from mindgap.training.trainer import Epoch

        watch = Watch(progress_for, stop, "training")
        task, encoder = TASKS.get(training.task), self._encoder(training)
        folder = checkpoint_folder(training.preset, task.name, encoder.name, training.method)
        if (folder / CARD).is_file():  # another process was faster
            return {"checkpoint": str(folder)}
        data = task_data(task, seed=0)
        texts = sum(count_texts(pairs, data.fields) for pairs in (data.train, data.validation))
        encoding = _Joined(watch("encoding"), texts)
        epochs: list[Progress] = []

        def on_epoch(epoch: Epoch, total: int) -> None:
            if not epochs:
                epochs.append(watch("training"))
            epochs[0](epoch.epoch, total)

        report = train_checkpoint(
            data, encoder, METHODS.get(training.method), folder, self._models.store.embed,
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


def count_texts(pairs: tuple[Pair, ...], fields: tuple[str, ...]) -> int:
    """How many texts `embed_pairs` encodes: each filled field of each pair, and each document once."""
    rows = list(_rows(pairs, fields))
    return len(rows) + len({pair.document for pair in rows})


def _rows(pairs: tuple[Pair, ...], fields: tuple[str, ...]) -> Iterator[Pair]:
    return (pair for field in fields for pair in pairs if getattr(pair, field))


def seconds_per_text(encoder: Encoder, sample: list[str]) -> float:
    """Wall-clock seconds that the encoder takes for a text like those of the sample."""
    encoder.encode(sample[:1])  # the first call pays for what later ones find ready
    started = time.perf_counter()
    encoder.encode(sample)
    return (time.perf_counter() - started) / len(sample)


def seconds_per_row(method: Method, dimension: int) -> float:
    """Wall-clock seconds that one epoch takes for a pair, from three epochs on random vectors."""
    from mindgap.training.pairs import EmbeddedPairs
    from mindgap.training.trainer import train_projection

    generator = np.random.default_rng(0)
    queries, documents = generator.standard_normal((2, _PROBED_ROWS, dimension), dtype=np.float32)
    rows = np.arange(_PROBED_ROWS)
    pairs = EmbeddedPairs(queries, documents, rows, np.ones_like(rows))
    if method.recipe is None:
        return train_projection(method, pairs, None).seconds / _PROBED_ROWS
    ends: list[float] = []
    recipe = replace(method.recipe, epochs=3)
    train_projection(method, pairs, None, recipe, on_epoch=lambda *_: ends.append(time.perf_counter()))
    # the first epoch also pays for what comes before it: the start, the optimiser
    return (ends[-1] - ends[0]) / (len(ends) - 1) / _PROBED_ROWS
