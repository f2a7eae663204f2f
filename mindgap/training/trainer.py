"""Training a projection on embeddings: closed forms chosen from their grid, networks learned by gradient descent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from mindgap.errors import CallerError
from mindgap.indexes import FlatIndex, normalise
from mindgap.projections.base import Method, Projection, Recipe
from mindgap.projections.networks import NetworkProjection
from mindgap.training.batches import shuffled_batches
from mindgap.training.losses import LOSSES
from mindgap.types import Vectors


@dataclass(frozen=True)
class EmbeddedPairs:
    """Pairs as embeddings.

    Attributes:
        queries: (n, d).
        documents: (m, d'), each document once.
        document_of: for each query the row of its document, (n,).
        labels: 1 where they belong together, (n,).
    """

    queries: Vectors
    documents: Vectors
    document_of: np.ndarray[Any, np.dtype[np.int64]]
    labels: np.ndarray[Any, np.dtype[np.int64]]

    def __len__(self) -> int:
        return len(self.queries)


@dataclass(frozen=True)
class Epoch:
    """One pass over the pairs; the loss is None for a closed form, the accuracy None without validation pairs."""

    epoch: int
    loss: float | None
    validation_accuracy: float | None


@dataclass(frozen=True)
class Trained:
    """A projection and how it came about. `seconds` is wall-clock time without the encoding."""

    projection: Projection
    settings: dict[str, Any]
    epochs: tuple[Epoch, ...]
    seconds: float


EpochSeen = Callable[[Epoch, int], None]
"""Called after each epoch with the total number of epochs."""


def top1_accuracy(projection: Projection, pairs: EmbeddedPairs) -> float:
    """Share of true queries whose nearest document by cosine, after projection, is their own."""
    true = pairs.labels == 1
    index = FlatIndex(normalise(projection.map_documents(pairs.documents)))
    _, best = index.search(normalise(projection.map_queries(pairs.queries[true])), 1)
    return float((best[:, 0] == pairs.document_of[true]).mean())


def train_projection(
    method: Method,
    train: EmbeddedPairs,
    validation: EmbeddedPairs | None,
    recipe: Recipe | None = None,
    seed: int = 0,
    on_epoch: EpochSeen | None = None,
) -> Trained:
    """Train `method`. The same seed, pairs and machine give the same projection.

    Raises CallerError for fewer than two true pairs.
    """
    if (train.labels == 1).sum() < 2:
        raise CallerError(f"{(train.labels == 1).sum()} true training pairs are too few; at least 2 are needed.")
    started = time.perf_counter()
    if method.solve is not None:
        projection, settings, epochs = _solve(method, train, validation)
    else:
        recipe = recipe or method.recipe
        assert recipe is not None
        projection, epochs = _learn(method, recipe, train, validation, seed, on_epoch)
        settings = asdict(recipe)
    return Trained(projection, settings, epochs, time.perf_counter() - started)


def _solve(
    method: Method, train: EmbeddedPairs, validation: EmbeddedPairs | None
) -> tuple[Projection, dict[str, Any], tuple[Epoch, ...]]:
    assert method.solve is not None
    true = train.labels == 1
    queries, documents = train.queries[true], train.documents[train.document_of[true]]
    best: tuple[float, Projection, dict[str, Any]] | None = None
    # without validation pairs there is nothing to choose by: the strongest pull is the safe one
    grid = method.grid if validation is not None else method.grid[-1:]
    for settings in grid:
        projection = method.solve(queries, documents, **settings)
        accuracy = top1_accuracy(projection, validation) if validation is not None else 0.0
        if best is None or accuracy > best[0]:
            best = accuracy, projection, dict(settings)
    assert best is not None
    return best[1], best[2], (Epoch(1, None, best[0] if validation is not None else None),)


def _learn(
    method: Method,
    recipe: Recipe,
    train: EmbeddedPairs,
    validation: EmbeddedPairs | None,
    seed: int,
    on_epoch: EpochSeen | None,
) -> tuple[Projection, tuple[Epoch, ...]]:
    assert method.network is not None
    generator = np.random.default_rng(seed)
    plan = [shuffled_batches(train.document_of, recipe.batch_size, generator) for _ in range(recipe.epochs)]
    # the global generator of torch also serves other threads of the page: put it back when done
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = method.network(train.queries.shape[1], train.documents.shape[1], recipe)
        optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
        schedule = _schedule(optimiser, recipe, sum(len(batches) for batches in plan))
        seen = []
        for number, batches in enumerate(plan, 1):
            loss = _epoch(network, optimiser, schedule, recipe, train, batches)
            accuracy = top1_accuracy(NetworkProjection(network), validation) if validation is not None else None
            seen.append(Epoch(number, loss, accuracy))
            if on_epoch:
                on_epoch(seen[-1], recipe.epochs)
    return NetworkProjection(network), tuple(seen)


def _schedule(
    optimiser: torch.optim.Optimizer, recipe: Recipe, steps: int
) -> torch.optim.lr_scheduler.LRScheduler | None:
    if not recipe.one_cycle:
        return None
    return torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=recipe.learning_rate, total_steps=steps)


def _epoch(
    network: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler | None,
    recipe: Recipe,
    train: EmbeddedPairs,
    batches: list[list[int]],
) -> float:
    network.train()
    total = 0.0
    for rows in batches:
        queries = torch.from_numpy(train.queries[rows])
        documents = torch.from_numpy(train.documents[train.document_of[rows]])
        projected = network(queries)
        loss = LOSSES[recipe.loss](documents, projected, torch.from_numpy(train.labels[rows]), recipe)
        if recipe.pull:
            loss = loss + recipe.pull * added_share(queries, projected)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if schedule:
            schedule.step()
        total += loss.item()
    return total / len(batches)


def added_share(queries: torch.Tensor, projected: torch.Tensor) -> torch.Tensor:
    """Mean of |P(x) - x|^2 / |x|^2 over a batch: how far from the identity, whatever the encoder's scale."""
    added = (projected - queries).square().sum(dim=1)
    return (added / queries.square().sum(dim=1).clamp(min=1e-12)).mean()
