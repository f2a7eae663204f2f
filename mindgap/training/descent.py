"""Gradient descent on a projection's network: optimiser, schedule, negatives, one epoch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from mindgap.indexes import FlatIndex, normalise
from mindgap.projections.base import Recipe
from mindgap.training.losses import LOSSES, Batch
from mindgap.training.pairs import EmbeddedPairs, Places

LOOKED_AT = 20
LOOK_AGAIN = 4


class Descent:
    """One training. The network is changed in place.

    Args:
        pairs: already through the method's start, if it has one.
        steps: batches of the whole training.
        generator: draws wrong queries and hard negatives.
        device: where the network is; the pairs are moved there.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        recipe: Recipe,
        pairs: EmbeddedPairs,
        steps: int,
        generator: np.random.Generator,
        device: str = "cpu",
    ) -> None:
        self.network, self.recipe, self.pairs = network, recipe, pairs
        self._generator = generator
        self._device = device
        self._queries = self._tensor(np.ascontiguousarray(pairs.queries, dtype=np.float32))
        self._documents = self._tensor(np.ascontiguousarray(pairs.documents, dtype=np.float32))
        self._log_temperature = torch.nn.Parameter(
            torch.tensor(recipe.temperature).log().to(device), requires_grad=recipe.learn_temperature
        )
        self._optimiser = self._make_optimiser()
        self._schedule = None
        if recipe.one_cycle:
            self._schedule = torch.optim.lr_scheduler.OneCycleLR(
                self._optimiser, max_lr=recipe.learning_rate, total_steps=steps
            )
        self._near: Places | None = None
        self._wrong = _wrong_queries(pairs) if recipe.wrong_queries else {}

    def _tensor(self, array: np.ndarray[Any, Any]) -> torch.Tensor:
        return torch.from_numpy(array).to(self._device)

    def _make_optimiser(self) -> torch.optim.Optimizer:
        weights = [p for p in self.network.parameters() if p.ndim > 1]
        others = [p for p in [*self.network.parameters(), self._log_temperature] if p.ndim <= 1 and p.requires_grad]
        groups = [
            {"params": weights, "weight_decay": self.recipe.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        # on a CPU half of a step of the paper's MLP went into the unfused update
        return torch.optim.AdamW(groups, lr=self.recipe.learning_rate, fused=True)

    def epoch(self, number: int, batches: list[list[int]]) -> float:
        """One pass over `batches` of rows; `number` counts from 1. Returns the mean loss of a batch."""
        # the first epochs have plain negatives: an untrained network does not know yet what is near and wrong
        if self.recipe.hard_negatives and number > 1 and (number - 2) % LOOK_AGAIN == 0:
            self._near = self._near_and_wrong()
        self.network.train()
        # fetched at the end: on a GPU each look at a loss would wait for the step
        losses = [self._step(rows) for rows in batches]
        return sum(loss.item() for loss in losses) / len(batches)

    def _step(self, rows: list[int]) -> torch.Tensor:
        queries, batch = self._batch(rows)
        loss = LOSSES[self.recipe.loss](batch, self.recipe)
        if self.recipe.pull:
            skip = getattr(self.network, "skip", lambda unchanged: unchanged)
            loss = loss + self.recipe.pull * added_share(skip(queries), batch.projected)
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        if self._schedule:
            self._schedule.step()
        return loss.detach()

    def _batch(self, rows: list[int]) -> tuple[torch.Tensor, Batch]:
        """The queries of a batch before the projection, and what the loss sees."""
        of = self.pairs.document_of[rows]
        queries, labels = self._queries[rows], self.pairs.labels[rows]
        if self.recipe.wrong_queries:
            queries = torch.cat([queries, self._draw_wrong(rows)])
            of, labels = np.concatenate([of, of]), np.concatenate([labels, np.zeros_like(labels)])
        hard = None
        if self._near is not None:
            drawn = self._generator.integers(self._near.shape[1], size=(len(rows), self.recipe.hard_negatives))
            hard = self._documents[np.take_along_axis(self._near[rows], drawn, 1)]
        temperature = self._log_temperature.exp() if self.recipe.learn_temperature else self.recipe.temperature
        return queries, Batch(self._documents[of], self.network(queries), self._tensor(labels), hard, temperature)

    def _draw_wrong(self, rows: list[int]) -> torch.Tensor:
        """A wrong query for each row: one that the data has for its document, else that of another document."""
        drawn = []
        for row in rows:
            own = self._wrong.get(int(self.pairs.document_of[row]))
            drawn.append(own[self._generator.integers(len(own))] if own else self._query_of_another(row))
        return self._tensor(np.stack(drawn).astype(np.float32))

    def _query_of_another(self, row: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        while True:
            other = int(self._generator.integers(len(self.pairs)))
            if self.pairs.document_of[other] != self.pairs.document_of[row] or len(self.pairs.documents) == 1:
                return np.asarray(self.pairs.queries[other])

    def _near_and_wrong(self) -> Places:
        """For each row the documents nearest to its projected query without its own, (n, 20 or fewer)."""
        self.network.eval()
        with torch.no_grad():
            projected = functional.normalize(self.network(self._queries), dim=1).cpu().numpy()
        k = min(LOOKED_AT, len(self.pairs.documents) - 1)
        _, nearest = FlatIndex(normalise(self.pairs.documents)).search(projected, k + 1)
        # the own document, or where it is not among them the last one, goes to the end and is cut off
        order = np.argsort(nearest == self.pairs.document_of[:, None], axis=1, kind="stable")
        return np.take_along_axis(nearest, order, 1)[:, :k]


def _wrong_queries(pairs: EmbeddedPairs) -> dict[int, list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]]:
    found: dict[int, list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]] = {}
    if pairs.wrong_queries is not None:
        for of, query in zip(pairs.wrong_of, pairs.wrong_queries, strict=True):
            found.setdefault(int(of), []).append(query)
    return found


def added_share(queries: torch.Tensor, projected: torch.Tensor) -> torch.Tensor:
    """Mean of |P(x) - x|^2 / |x|^2 over a batch: how far from the identity, whatever the encoder's scale."""
    added = (projected - queries).square().sum(dim=1)
    return (added / queries.square().sum(dim=1).clamp(min=1e-12)).mean()
