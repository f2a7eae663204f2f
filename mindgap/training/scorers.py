"""Learned similarities: one number for a query and a document, trained to give the true document the highest.

Both scale the embeddings to length 1 first, so that they see what the cosine sees.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from mindgap.errors import CallerError
from mindgap.training.batches import shuffled_batches
from mindgap.training.pairs import EmbeddedPairs
from mindgap.types import Vectors

Step = Callable[[int, int], None]
"""Called with (done, total) batches; what it raises ends the training."""

# pairs scored at once without training: bounds the memory of the MLP, which holds a vector for each pair
_QUERIES_AT_ONCE, _DOCUMENTS_AT_ONCE = 32, 512


@dataclass(frozen=True)
class ScorerSettings:
    """Settings of a learned scorer; AdamW, the learning rate warms up and anneals (one cycle) over the training.

    Attributes:
        temperature: the scores are divided by it in the softmax.
        weight_decay: of AdamW.
        hidden: width of the hidden layer; None for a scorer without one.
        epochs: how long it trains; the best epoch on validation is kept.
        batch_size: true pairs in a batch; the documents of the others are the candidates beside one's own.
        learning_rate: the highest of the cycle.
    """

    temperature: float
    weight_decay: float
    hidden: int | None
    epochs: int
    batch_size: int
    learning_rate: float

    def __post_init__(self) -> None:
        least = min(self.epochs, 1 if self.hidden is None else self.hidden)
        if least < 1 or self.batch_size < 2 or min(self.temperature, self.learning_rate) <= 0 or self.weight_decay < 0:
            raise ValueError(f"settings out of range: {self}")


class BilinearScorer(nn.Module):
    """q' W d with W = I + A. A starts at zero: training starts from the cosine, and weight decay pulls back to it."""

    def __init__(self, dimension: int, settings: ScorerSettings) -> None:
        super().__init__()
        self.added = nn.Parameter(torch.zeros(dimension, dimension))

    def forward(self, queries: torch.Tensor, documents: torch.Tensor) -> torch.Tensor:
        """(n, d), (m, d) -> (n, m)."""
        queries, documents = functional.normalize(queries, dim=1), functional.normalize(documents, dim=1)
        return (queries + queries @ self.added) @ documents.T


class MLPScorer(nn.Module):
    """A perceptron with one hidden layer of ReLU over [q, d, |q - d|, q * d].

    What goes in is that of Conneau et al., 2017 (arXiv 1705.02364, section 3.1).
    """

    def __init__(self, dimension: int, settings: ScorerSettings) -> None:
        super().__init__()
        if settings.hidden is None:
            raise ValueError("an MLP scorer needs the width of its hidden layer")
        self.inner = nn.Linear(4 * dimension, settings.hidden)
        self.outer = nn.Linear(settings.hidden, 1)

    def forward(self, queries: torch.Tensor, documents: torch.Tensor) -> torch.Tensor:
        """(n, d), (m, d) -> (n, m)."""
        queries, documents = functional.normalize(queries, dim=1), functional.normalize(documents, dim=1)
        # the first layer part by part: only |q - d| needs a vector for each pair, as w'(q * d) = (w * q)'d
        of_query, of_document, of_difference, of_product = self.inner.weight.chunk(4, dim=1)
        alone = (queries @ of_query.T).unsqueeze(1) + documents @ of_document.T
        differences = (queries.unsqueeze(1) - documents).abs() @ of_difference.T
        products = (queries.unsqueeze(1) * of_product) @ documents.T
        hidden = torch.relu(alone + differences + products.transpose(1, 2) + self.inner.bias)
        return self.outer(hidden).squeeze(2)


Network = Callable[[int, ScorerSettings], nn.Module]
"""Dimension of the embeddings, settings -> a module from (n, d) and (m, d) to (n, m)."""


@dataclass(frozen=True)
class Scorer:
    """A learned similarity: what it is called, its module, and the settings that validation chooses from."""

    name: str
    label: str
    about: str
    network: Network
    grid: tuple[ScorerSettings, ...]


BILINEAR = Scorer(
    "bilinear",
    "Bilinear (learned)",
    "q'Wd of the vectors scaled to length 1, with W learned on the training pairs from the identity, which is the "
    "cosine; the projection was fitted to the same pairs, so that after it little is left to learn from them.",
    BilinearScorer,
    tuple(
        ScorerSettings(temperature, decay, None, epochs=10, batch_size=256, learning_rate=2e-3)
        for temperature, decay in product((0.02, 0.05), (0.0, 1.0, 10.0))
    ),
)
MLP = Scorer(
    "mlp",
    "MLP (learned)",
    "A small neural network over q, d, |q - d| and q * d, learned on the training pairs from random weights; the "
    "projection was fitted to the same pairs, so that after it little is left to learn from them.",
    MLPScorer,
    tuple(
        ScorerSettings(temperature, decay, hidden, epochs=5, batch_size=64, learning_rate=3e-3)
        for hidden, temperature, decay in ((32, 0.05, 0.1), (32, 0.1, 1.0), (64, 0.05, 1.0), (64, 0.1, 0.1))
    ),
)
SCORERS = (BILINEAR, MLP)


@dataclass(frozen=True)
class TrainedScorer:
    """A scorer as it was at its best epoch on validation.

    Attributes:
        network: the module, from (n, d) and (m, d) to (n, m).
        settings: what it was trained with.
        epoch: the epoch that was kept; 0 where training only made it worse.
        losses: mean loss of each epoch.
        validation_accuracy: share of true validation queries whose own document has the highest score.
    """

    network: nn.Module
    settings: ScorerSettings
    epoch: int
    losses: tuple[float, ...]
    validation_accuracy: float

    def scores(self, queries: Vectors, documents: Vectors) -> npt.NDArray[np.float64]:
        """(n, d), (m, d) -> (n, m), higher is more alike; in blocks, so that the memory is bounded."""
        return _score(self.network, queries, documents)


def softmax_loss(scores: torch.Tensor, temperature: float) -> torch.Tensor:
    """Mean cross-entropy of choosing document i for query i and query i for document i (symmetric InfoNCE).

    Args:
        scores: (n, n), row i for query i.

    Source: as `mindgap.training.losses.info_nce_loss`, for any score in place of the cosine.
    """
    logits, targets = scores / temperature, torch.arange(len(scores), device=scores.device)
    return (functional.cross_entropy(logits, targets) + functional.cross_entropy(logits.T, targets)) / 2


def train_scorer(
    scorer: Scorer,
    train: EmbeddedPairs,
    validation: EmbeddedPairs,
    settings: ScorerSettings,
    seed: int = 0,
    step: Step | None = None,
) -> TrainedScorer:
    """Train `scorer` on the true pairs. The same seed, pairs and machine give the same scorer.

    Raises CallerError for fewer than two true pairs to train on, or none to choose the epoch by.
    """
    true = np.flatnonzero(train.labels == 1)
    if len(true) < 2 or not (validation.labels == 1).any():
        raise CallerError(
            f"{len(true)} true training pairs and {(validation.labels == 1).sum()} for validation are too few; "
            "at least 2 and 1 are needed."
        )
    queries, documents = torch.from_numpy(train.queries[true]), torch.from_numpy(train.documents)
    document_of = train.document_of[true]
    generator = np.random.default_rng(seed)
    plan = [shuffled_batches(document_of, settings.batch_size, generator) for _ in range(settings.epochs)]
    # the global generator of torch also serves other threads: put it back when done
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = scorer.network(queries.shape[1], settings)
    run = _Run(network, settings, plan, step)
    best, best_epoch, kept = _accuracy(network, validation), 0, copy.deepcopy(network.state_dict())
    losses = []
    for epoch, batches in enumerate(plan, 1):
        losses.append(run.epoch(queries, documents, document_of, batches))
        accuracy = _accuracy(network, validation)
        if accuracy > best:
            best, best_epoch, kept = accuracy, epoch, copy.deepcopy(network.state_dict())
    network.load_state_dict(kept)
    return TrainedScorer(network.eval(), settings, best_epoch, tuple(losses), best)


def train_seeds(
    scorer: Scorer,
    train: EmbeddedPairs,
    validation: EmbeddedPairs,
    seeds: Sequence[int],
    step: Step | None = None,
) -> list[TrainedScorer]:
    """One scorer for each seed, with the settings of its grid that are best on validation for the first seed.

    Of equally good settings the first are taken. `step` counts over all trainings.
    """
    runs = len(scorer.grid) + len(seeds) - 1

    def trained(run: int, settings: ScorerSettings, seed: int) -> TrainedScorer:
        def counted(done: int, total: int) -> None:
            if step:
                step(run * total + done, runs * total)

        return train_scorer(scorer, train, validation, settings, seed, counted)

    candidates = (trained(run, settings, seeds[0]) for run, settings in enumerate(scorer.grid))
    best = max(candidates, key=lambda one: one.validation_accuracy)
    return [best, *(trained(run, best.settings, seed) for run, seed in enumerate(seeds[1:], len(scorer.grid)))]


class _Run:
    """The optimiser and its schedule over a planned training."""

    def __init__(
        self, network: nn.Module, settings: ScorerSettings, plan: Sequence[list[list[int]]], step: Step | None
    ) -> None:
        self._network = network
        self._temperature = settings.temperature
        self._total = sum(len(batches) for batches in plan)
        self._done = 0
        self._step = step
        self._optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, max_lr=settings.learning_rate, total_steps=self._total
        )

    def epoch(
        self,
        queries: torch.Tensor,
        documents: torch.Tensor,
        document_of: npt.NDArray[np.int64],
        batches: Sequence[list[int]],
    ) -> float:
        """Train on each batch once; the mean loss."""
        total = 0.0
        for rows in batches:
            scores = self._network(queries[rows], documents[document_of[rows]])
            loss = softmax_loss(scores, self._temperature)
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
            self._schedule.step()
            total += loss.item()
            self._done += 1
            if self._step:
                self._step(self._done, self._total)
        return total / len(batches)


def _accuracy(network: nn.Module, pairs: EmbeddedPairs) -> float:
    true = pairs.labels == 1
    best = _score(network, pairs.queries[true], pairs.documents).argmax(axis=1)
    return float((best == pairs.document_of[true]).mean())


def _score(network: nn.Module, queries: Vectors, documents: Vectors) -> npt.NDArray[np.float64]:
    left = torch.from_numpy(np.ascontiguousarray(queries, dtype=np.float32))
    right = torch.from_numpy(np.ascontiguousarray(documents, dtype=np.float32))
    scores = np.empty((len(left), len(right)))
    with torch.inference_mode():
        for i in range(0, len(left), _QUERIES_AT_ONCE):
            for j in range(0, len(right), _DOCUMENTS_AT_ONCE):
                block = network(left[i : i + _QUERIES_AT_ONCE], right[j : j + _DOCUMENTS_AT_ONCE])
                scores[i : i + _QUERIES_AT_ONCE, j : j + _DOCUMENTS_AT_ONCE] = block.numpy()
    return scores
