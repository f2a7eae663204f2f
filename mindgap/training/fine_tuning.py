"""Both encoders trained end to end, without a projection: what the training script of the paper's authors does.

A query encoder and a document encoder begin from the same weights. Adam moves all of them; the loss sees the
embeddings of a batch of pairs. Source of the settings: the authors' public script (Adam, 1e-4, batches of 32, 5 epochs,
N-pairs hinge loss with margin 1.0 and Euclidean distances; no clipping of gradients, no schedule).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mindgap.encoders.base import Progress
from mindgap.encoders.device import choose_device
from mindgap.encoders.loading import load_model
from mindgap.encoders.locate import locate
from mindgap.encoders.spec import ModelSpec
from mindgap.encoders.transformer import load_encoder, pool
from mindgap.errors import CallerError, Failure
from mindgap.pretraining.output import round_half
from mindgap.projections.base import Recipe
from mindgap.projections.identity import IdentityProjection
from mindgap.training.batches import shuffled_batches
from mindgap.training.fine_tuned import FineTuned, write_fine_tuned
from mindgap.training.losses import LOSSES, Batch
from mindgap.training.pairs import EmbeddedPairs, Places, top1_accuracy
from mindgap.training.run import TrainingData, TrainingReport
from mindgap.training.trainer import Epoch, EpochSeen
from mindgap.types import Pair, Vectors

FINE_TUNING = {
    "n-pairs": Recipe(loss="n-pairs", hidden=1, epochs=5, batch_size=32, learning_rate=1e-4, margin=1.0),
    "info-nce": Recipe(loss="info-nce", hidden=1, epochs=5, batch_size=32, learning_rate=1e-4, temperature=0.05),
}
"""Loss -> settings; `hidden` has no meaning here."""

BYTES_A_WEIGHT = 16
"""The weight, its gradient and the two means of Adam, each in single precision."""


class Side(torch.nn.Module):
    """One encoder in training: texts to embeddings, pooled and scaled as its specification says.

    Args:
        model: of transformers.
        longest: tokens that are read.
    """

    def __init__(self, model: Any, tokenizer: Any, spec: ModelSpec, longest: int) -> None:
        super().__init__()
        self.model = model
        self.tokenizer = tokenizer
        self._spec, self._longest = spec, longest

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        """(n, d), with gradients."""
        batch = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._longest, return_tensors="pt"
        ).to(self.model.device)
        pooled = pool(self.model(**batch), batch["attention_mask"], self._spec.pooling)
        return torch.nn.functional.normalize(pooled, dim=-1) if self._spec.normalise else pooled

    def embed(self, texts: Sequence[str], batch_size: int) -> Vectors:
        """Embeddings (n, d) as they are now, without dropout."""
        self.eval()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        with torch.inference_mode():
            parts = [
                self([texts[i] for i in order[start : start + batch_size]]).float().cpu().numpy()
                for start in range(0, len(order), batch_size)
            ]
        return np.concatenate(parts)[np.argsort(order)]


@dataclass(frozen=True)
class Rows:
    """Pairs as rows of texts: a query, the place of its document, and whether they belong together."""

    queries: tuple[str, ...]
    documents: tuple[str, ...]
    document_of: Places
    labels: Places

    @classmethod
    def of(cls, pairs: Sequence[Pair], fields: Sequence[str]) -> Rows:
        """A row for each filled field of each pair; each document once."""
        rows = [(getattr(p, f), p.document, p.label) for f in fields for p in pairs if getattr(p, f)]
        place = {text: i for i, text in enumerate(dict.fromkeys(document for _, document, _ in rows))}
        return cls(
            tuple(query for query, _, _ in rows),
            tuple(place),
            np.array([place[document] for _, document, _ in rows], dtype=np.int64),
            np.array([label for _, _, label in rows], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.queries)


class FineTuning:
    """One training; the encoders are changed in place.

    Args:
        query, document: on the device already.
        generator: orders the rows anew for each epoch.
    """

    def __init__(self, query: Side, document: Side, recipe: Recipe, generator: np.random.Generator) -> None:
        self.query, self.document, self.recipe = query, document, recipe
        self._generator = generator
        weights = [*query.parameters(), *document.parameters()]
        self._optimiser = torch.optim.Adam(weights, lr=recipe.learning_rate)

    def epoch(self, rows: Rows, progress: Callable[[int, int], None] | None = None) -> tuple[float, int]:
        """One pass over all rows: mean loss of a batch, and the number of batches. Raises Failure if it diverges."""
        batches = shuffled_batches(rows.document_of, self.recipe.batch_size, self._generator)
        losses = []
        for done, batch in enumerate(batches, 1):
            losses.append(self._step(rows, batch))
            if not np.isfinite(losses[-1]):
                raise Failure(f"The loss was no finite number at step {done}; nothing was written. Lower the rate.")
            if progress:
                progress(done, len(batches))
        return float(np.mean(losses)), len(batches)

    def _step(self, rows: Rows, batch: list[int]) -> float:
        self.query.train()
        self.document.train()
        queries = self.query([rows.queries[i] for i in batch])
        documents = self.document([rows.documents[rows.document_of[i]] for i in batch])
        labels = torch.from_numpy(rows.labels[batch]).to(queries.device)
        loss = LOSSES[self.recipe.loss](_batch(documents, queries, labels, self.recipe), self.recipe)
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        return loss.item()

    def look(self, rows: Rows) -> tuple[float, float]:
        """Mean loss of a batch and top-1 accuracy by cosine on held-back rows, always in the same batches."""
        size = self.recipe.batch_size
        embedded = EmbeddedPairs(
            self.query.embed(rows.queries, size),
            self.document.embed(rows.documents, size),
            rows.document_of,
            rows.labels,
        )
        losses = [self._loss_of(embedded, batch) for batch in _fixed_batches(rows, size)]
        return float(np.mean(losses)), top1_accuracy(IdentityProjection(), embedded)

    def _loss_of(self, embedded: EmbeddedPairs, batch: list[int]) -> float:
        documents = torch.from_numpy(embedded.documents[embedded.document_of[batch]])
        queries, labels = torch.from_numpy(embedded.queries[batch]), torch.from_numpy(embedded.labels[batch])
        return LOSSES[self.recipe.loss](_batch(documents, queries, labels, self.recipe), self.recipe).item()


def _batch(documents: torch.Tensor, queries: torch.Tensor, labels: torch.Tensor, recipe: Recipe) -> Batch:
    return Batch(documents.float(), queries.float(), labels, temperature=recipe.temperature)


def _fixed_batches(rows: Rows, size: int) -> Iterator[list[int]]:
    yield from shuffled_batches(rows.document_of, size, np.random.default_rng(0))


def fine_tune_encoders(
    data: TrainingData,
    spec: ModelSpec,
    method: str,
    output: Path,
    recipe: Recipe | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    on_epoch: EpochSeen | None = None,
    source: str = "",
    tell: Callable[[str], None] | None = None,
) -> TrainingReport:
    """Fine-tune two encoders begun from `spec` and write them to `output` (see `mindgap.encoders.pair`).

    Args:
        method: a name in FINE_TUNING.
        progress: called with (steps done, steps of the training, about).
        source: how the encoder was named, for the card.
        tell: called with a sentence on the memory that is needed, once it is known.

    Raises:
        CallerError: `output` is there already (before any work), or fewer than two true pairs.
        Unavailable: the encoder is not there.
        Failure: the training diverged, or a GPU's memory ran out.
    """
    if output.exists():
        raise CallerError(f"{output} is there already; nothing was overwritten. Name another folder.")
    recipe = recipe or FINE_TUNING[method]
    train, held_back = Rows.of(data.train, data.fields), Rows.of(data.validation, data.fields)
    if (train.labels == 1).sum() < 2:
        raise CallerError(f"{(train.labels == 1).sum()} true training pairs are too few; at least 2 are needed.")
    device = choose_device()
    # the global generator of torch also serves other threads of the page: put it back when done
    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if device == "cuda" else []):
        torch.manual_seed(seed)
        try:
            sides, fingerprint = _load(spec, device)
            if tell:
                tell(_needs(sides))
            tuning = FineTuning(*sides, recipe, np.random.default_rng(seed))
            epochs, curve, seconds = _run(tuning, train, held_back, progress, on_epoch)
            for side in sides:
                round_half(side.model)
            _, accuracy = tuning.look(held_back)
        except torch.cuda.OutOfMemoryError as error:
            raise Failure("The GPU's memory ran out and nothing was written: choose a smaller --batch-size.") from error
    made = FineTuned(spec, source or spec.name, fingerprint, method, recipe, seed, data, len(train), epochs, curve)
    models = [(side.model, side.tokenizer) for side in sides]
    write_fine_tuned(output, made, _metrics(accuracy, held_back), seconds, models)
    return TrainingReport(output, method, epochs, seconds, len(train), accuracy)


def _metrics(accuracy: float, held_back: Rows) -> dict[str, Any]:
    true = int((held_back.labels == 1).sum())
    return {"accuracy": accuracy, "queries": true, "documents": len(held_back.documents)}


def _load(spec: ModelSpec, device: str) -> tuple[tuple[Side, Side], str]:
    """The query and the document side, both as `spec` is, and its fingerprint."""
    begun = load_encoder(spec, "cpu")
    longest, fingerprint = begun.max_length, begun.fingerprint
    del begun
    folder = locate(spec)

    def side() -> Side:
        model, tokenizer = load_model(spec, folder)
        return Side(model.to(device), tokenizer, spec, longest)

    return (side(), side()), fingerprint


def _needs(sides: Sequence[Side]) -> str:
    weights = sum(value.numel() for side in sides for value in side.parameters())
    return (
        f"Two encoders with {weights / 2e6:,.1f} million weights each: weights, gradients and Adam's means take about "
        f"{weights * BYTES_A_WEIGHT / 1e9:.1f} GB, the texts of a batch come on top."
    )


def _run(
    tuning: FineTuning, train: Rows, held_back: Rows, progress: Progress | None, on_epoch: EpochSeen | None
) -> tuple[tuple[Epoch, ...], list[dict[str, float]], float]:
    """All epochs: what is reported of each, the curve with the held-back losses, and the seconds."""
    total = tuning.recipe.epochs
    seen: list[Epoch] = []
    curve: list[dict[str, float]] = []
    began, steps = time.perf_counter(), 0
    for number in range(1, total + 1):
        loss, batches = tuning.epoch(train, _within(progress, number, total))
        held_back_loss, accuracy = tuning.look(held_back)
        steps += batches
        curve.append({"step": steps, "loss": loss, "held_out_loss": held_back_loss})
        seen.append(Epoch(number, loss, accuracy))
        if on_epoch:
            on_epoch(seen[-1], total)
    return tuple(seen), curve, time.perf_counter() - began


def _within(progress: Progress | None, epoch: int, epochs: int) -> Progress | None:
    """Progress of one epoch as part of the whole."""
    if progress is None:
        return None
    return lambda done, batches: progress((epoch - 1) * batches + done, epochs * batches)
