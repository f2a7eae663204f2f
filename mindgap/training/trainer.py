"""Training a projection on embeddings: closed forms chosen from their grid, networks learned by gradient descent."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from mindgap.encoders.device import choose_device
from mindgap.errors import CallerError
from mindgap.projections.base import Method, Projection, Recipe
from mindgap.projections.networks import NetworkProjection
from mindgap.training.batches import shuffled_batches
from mindgap.training.descent import Descent
from mindgap.training.pairs import EmbeddedPairs, top1_accuracy


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


def train_projection(
    method: Method,
    train: EmbeddedPairs,
    validation: EmbeddedPairs | None,
    recipe: Recipe | None = None,
    seed: int = 0,
    on_epoch: EpochSeen | None = None,
) -> Trained:
    """Train `method`. The same seed, pairs and machine give the same projection.

    A network learns on CUDA where `choose_device` says so, else on the CPU; the projection comes back on the CPU.

    Raises CallerError for fewer than two true pairs.
    """
    if (train.labels == 1).sum() < 2:
        raise CallerError(f"{(train.labels == 1).sum()} true training pairs are too few; at least 2 are needed.")
    started = time.perf_counter()
    if method.solve is not None:
        projection, settings = _solve(method, train, validation)
        accuracy = top1_accuracy(projection, validation) if validation is not None else None
        epochs: tuple[Epoch, ...] = (Epoch(1, None, accuracy),)
    else:
        projection, settings, epochs = _learn(method, recipe, train, validation, seed, on_epoch)
    return Trained(projection, settings, epochs, time.perf_counter() - started)


def _solve(method: Method, train: EmbeddedPairs, validation: EmbeddedPairs | None) -> tuple[Projection, dict[str, Any]]:
    """The candidate of the method's grid that finds most on validation, and its settings; of equals the first."""
    assert method.solve is not None
    true = train.labels == 1
    queries, documents = train.queries[true], train.documents[train.document_of[true]]
    # without validation pairs there is nothing to choose by: every grid begins with its most cautious candidate
    grid = method.grid if validation is not None else method.grid[:1]
    best: tuple[float, Projection, dict[str, Any]] | None = None
    for settings in grid:
        projection = method.solve(queries, documents, **settings)
        accuracy = top1_accuracy(projection, validation) if validation is not None else 0.0
        if best is None or accuracy > best[0]:
            best = accuracy, projection, dict(settings)
    assert best is not None
    return best[1], best[2]


def _learn(
    method: Method,
    recipe: Recipe | None,
    train: EmbeddedPairs,
    validation: EmbeddedPairs | None,
    seed: int,
    on_epoch: EpochSeen | None,
) -> tuple[Projection, dict[str, Any], tuple[Epoch, ...]]:
    recipe = recipe or method.recipe
    assert recipe is not None
    assert method.network is not None
    start, settings = None, asdict(recipe)
    if method.start is not None:
        start, chosen = _solve(method.start, train, validation)
        settings |= {"start": method.start.name, "start_settings": chosen}
        train = train.through(start)
    generator = np.random.default_rng(seed)
    plan = [shuffled_batches(train.document_of, recipe.batch_size, generator) for _ in range(recipe.epochs)]
    seen = []
    # the global generator of torch also serves other threads of the page: put it back when done
    device = _device()
    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if device == "cuda" else []):
        torch.manual_seed(seed)
        # the weights are drawn on the CPU, so that every device begins with the same ones
        network = method.network(train.queries.shape[1], train.documents.shape[1], recipe).to(device)
        descent = Descent(network, recipe, train, sum(len(batches) for batches in plan), generator, device)
        kept = _Best(network, start, validation) if recipe.keep_best and validation is not None else None
        for number, batches in enumerate(plan, 1):
            loss = descent.epoch(number, batches)
            accuracy = top1_accuracy(_so_far(network, start), validation) if validation is not None else None
            seen.append(Epoch(number, loss, accuracy))
            if kept and accuracy is not None:
                kept.see(number, accuracy)
            if on_epoch:
                on_epoch(seen[-1], recipe.epochs)
    if kept:
        kept.restore()
        settings["kept_epoch"] = kept.epoch
    return NetworkProjection(network, start), settings, tuple(seen)


def _device() -> str:
    # what the fused update and the losses were written and tested for
    return "cuda" if choose_device() == "cuda" else "cpu"


def _so_far(network: torch.nn.Module, start: Projection | None) -> NetworkProjection:
    """The projection in the middle of a training; the network stays on its device."""
    on_cpu = next(network.parameters()).device.type == "cpu"
    return NetworkProjection(network if on_cpu else copy.deepcopy(network), start)


class _Best:
    """Remembers the network as it was after the epoch with the best validation accuracy; at first as it starts."""

    def __init__(self, network: torch.nn.Module, start: Projection | None, validation: EmbeddedPairs) -> None:
        self._network = network
        self._accuracy = -1.0
        self.see(0, top1_accuracy(_so_far(network, start), validation))

    def see(self, epoch: int, accuracy: float) -> None:
        if accuracy > self._accuracy:
            self.epoch, self._accuracy = epoch, accuracy
            self._state = copy.deepcopy(self._network.state_dict())

    def restore(self) -> None:
        self._network.load_state_dict(self._state)
