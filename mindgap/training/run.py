"""From pairs of texts to a checkpoint on disk: embed, train, round to half precision, measure, write."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mindgap.encoders.base import Encoder, Progress
from mindgap.errors import CallerError
from mindgap.indexes import normalise
from mindgap.projections.base import Method, Recipe
from mindgap.projections.checkpoint import round_half, write_checkpoint
from mindgap.projections.csls import keep_queries
from mindgap.tasks.base import Task, data_fingerprint
from mindgap.training.pairs import EmbeddedPairs, top1_accuracy
from mindgap.training.trainer import Epoch, EpochSeen, Trained, train_projection
from mindgap.types import Pair, Vectors

HELD_BACK = 0.3
MOST_HELD_BACK = 1_000

Embed = Callable[[Encoder, Sequence[str], Progress | None], Vectors]
"""How texts become embeddings: `EmbeddingStore.embed`, or the encoder alone."""


@dataclass(frozen=True)
class TrainingData:
    """What a projection is trained and chosen on.

    `source` says in words where the pairs come from, `options` how the command line names them.
    """

    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    fields: tuple[str, ...]
    task: str | None
    source: str
    options: str = ""


@dataclass(frozen=True)
class TrainingReport:
    """What came of a training: the JSON of `train`.

    `validation_accuracy` is that of what was written: of the epoch that was kept, in half precision. None without
    validation pairs.
    """

    checkpoint: Path
    method: str
    epochs: tuple[Epoch, ...]
    seconds: float
    pairs: int
    validation_accuracy: float | None = None

    def to_json(self) -> dict[str, Any]:
        """checkpoint, method, epochs, seconds, pairs."""
        return {
            "checkpoint": str(self.checkpoint),
            "method": self.method,
            "epochs": [dataclasses.asdict(epoch) for epoch in self.epochs],
            "seconds": round(self.seconds, 3),
            "pairs": self.pairs,
        }


def task_data(task: Task, seed: int) -> TrainingData:
    """A task's train and validation splits; without a validation file 30 % of train are held back."""
    if task.has_split("validation"):
        train, validation = task.pairs("train"), task.pairs("validation")
    else:
        train, validation = hold_back(task.pairs("train"), seed)
    return TrainingData(train, validation, task.train_fields, task.name, f"the train split of {task.name}")


def pairs_data(pairs: tuple[Pair, ...], name: str, seed: int) -> TrainingData:
    """A user's pairs, 30 % (at most 1,000) of them held back for validation."""
    train, validation = hold_back(pairs, seed)
    return TrainingData(train, validation, ("query",), None, name)


def hold_back(pairs: tuple[Pair, ...], seed: int) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Split pairs into train and validation, the pairs of one document always on one side.

    Raises CallerError where fewer than four documents have a true pair.
    """
    documents = list(dict.fromkeys(pair.document for pair in pairs if pair.label))
    if len(documents) < 4:
        raise CallerError(
            f"{len(documents)} documents with a true pair are too few to train on and to check with; "
            "at least 4 are needed."
        )
    count = min(max(1, round(HELD_BACK * len(documents))), MOST_HELD_BACK)
    chosen = np.random.default_rng(seed).permutation(len(documents))[:count]
    held = {documents[i] for i in chosen}
    return tuple(p for p in pairs if p.document not in held), tuple(p for p in pairs if p.document in held)


def embed_pairs(
    pairs: Sequence[Pair],
    fields: tuple[str, ...],
    encoder: Encoder,
    embed: Embed,
    progress: Progress | None = None,
    wrong: bool = False,
) -> EmbeddedPairs:
    """One row for each filled field of each pair, in the order of fields, then of pairs.

    Args:
        wrong: embed the pairs' wrong queries too (`negatives`, and the queries of pairs with label 0).
    """
    rows = [(getattr(p, f), p.document, p.label) for f in fields for p in pairs if getattr(p, f)]
    place = {text: i for i, text in enumerate(dict.fromkeys(document for _, document, _ in rows))}
    negatives = [(text, place[p.document]) for p in pairs if wrong and p.document in place for text in _wrong(p)]
    return EmbeddedPairs(
        queries=embed(encoder, [query for query, _, _ in rows], progress),
        documents=embed(encoder, list(place), progress),
        document_of=np.array([place[document] for _, document, _ in rows], dtype=np.int64),
        labels=np.array([label for _, _, label in rows], dtype=np.int64),
        wrong_queries=embed(encoder, [text for text, _ in negatives], progress) if negatives else None,
        wrong_of=np.array([document for _, document in negatives], dtype=np.int64),
    )


def _wrong(pair: Pair) -> tuple[str, ...]:
    return pair.negatives if pair.label else (*pair.negatives, pair.query)


def train_checkpoint(
    data: TrainingData,
    encoder: Encoder,
    method: Method,
    output: Path,
    embed: Embed,
    recipe: Recipe | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    on_epoch: EpochSeen | None = None,
    preset: str = "",
    source: str = "",
) -> TrainingReport:
    """Train `method` on `data` and write the checkpoint to `output`.

    `source` is how the encoder was named (a short name, a Hub id, a folder), kept so that it is found again.

    Raises CallerError when `output` is there already (before any work), or the pairs are too few.
    """
    if output.exists():
        raise CallerError(f"{output} is there already; nothing was overwritten. Name another folder.")
    asked = recipe or method.recipe
    wrong = asked is not None and asked.wrong_queries
    train = embed_pairs(data.train, data.fields, encoder, embed, progress, wrong)
    validation = embed_pairs(data.validation, data.fields, encoder, embed, progress) if data.validation else None
    trained = train_projection(method, train, validation, recipe, seed, on_epoch)
    rounded = round_half(trained.projection, method, trained.settings)
    hub_queries = keep_queries(normalise(rounded.map_queries(train.queries[train.labels == 1])), seed)
    card = _card(data, encoder, method, trained, seed, preset) | {"pairs": len(train)}
    card["encoder"]["source"] = source or encoder.name
    card["commands"] = [training_command(data, source or encoder.name, method.name, recipe or method.recipe, seed)]
    accuracy = None
    if validation is not None:
        accuracy = top1_accuracy(rounded, validation)
        card["metrics"] = {
            "validation": {
                "queries": int((validation.labels == 1).sum()),
                "documents": len(validation.documents),
                "accuracy": accuracy,
            }
        }
    write_checkpoint(output, rounded, card, hub_queries)
    return TrainingReport(output, method.name, trained.epochs, trained.seconds, len(train), accuracy)


def training_command(
    data: TrainingData, source: str, method: str, recipe: Recipe | None, seed: int, flags: str = ""
) -> str:
    """The command line that trains the same again; `recipe` is None for a closed form."""
    pairs = data.options or (f"--task {data.task}" if data.task else "--pairs FILE")
    # a card that is handed on names no folder of the machine it was made on
    encoder = "FOLDER" if Path(source).is_absolute() else shlex.quote(source)
    parts = ["python -m mindgap train", flags, pairs, f"--encoder {encoder} --method {method}"]
    if recipe:
        parts.append(f"--epochs {recipe.epochs} --batch-size {recipe.batch_size}")
        parts.append(f"--learning-rate {recipe.learning_rate:g}")
    return " ".join([*filter(None, parts), f"--seed {seed} --output DIR"])


def _card(
    data: TrainingData, encoder: Encoder, method: Method, trained: Trained, seed: int, preset: str
) -> dict[str, Any]:
    return {
        "method": method.name,
        "label": method.label,
        "preset": preset or None,
        "task": data.task,
        "encoder": {"name": encoder.name, "label": encoder.label, "fingerprint": encoder.fingerprint},
        "dimensions": {"query": encoder.dimension, "document": encoder.dimension},
        "settings": trained.settings,
        "seed": seed,
        "data": {
            "source": data.source,
            "fields": list(data.fields),
            "train": data_fingerprint(data.train),
            "validation": data_fingerprint(data.validation),
        },
        "epochs": [dataclasses.asdict(epoch) for epoch in trained.epochs],
    }
