"""Projections that are torch modules: what the learned methods share. Imported only when one is trained or loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from mindgap.projections.base import AffineProjection, Projection, Recipe, Tensors
from mindgap.types import Vectors

_START = "start."


class NetworkProjection:
    """Queries go through `start` and then through a trained module, documents through `start` alone. On the CPU.

    Args:
        network: (n, d) -> (n, d').
        start: nothing unless given.
    """

    def __init__(self, network: nn.Module, start: Projection | None = None) -> None:
        self.network = network.cpu().float().eval()
        self.start = start

    def map_queries(self, embeddings: Vectors) -> Vectors:
        """The module's output."""
        started = self.start.map_queries(embeddings) if self.start else embeddings
        with torch.inference_mode():
            return self.network(torch.from_numpy(np.ascontiguousarray(started, dtype=np.float32))).numpy()

    def map_documents(self, embeddings: Vectors) -> Vectors:
        """The documents after `start`; the same array without one."""
        return self.start.map_documents(embeddings) if self.start else embeddings

    def tensors(self) -> Tensors:
        """The module's state, and the start's parameters as start.*."""
        own = {name: tensor.detach().numpy().astype(np.float32) for name, tensor in self.network.state_dict().items()}
        started = self.start.tensors() if self.start else {}
        return own | {_START + name: value for name, value in started.items()}


def load_network(network: nn.Module, tensors: Mapping[str, Vectors]) -> Projection:
    """Put parameters into a module of the right shape. Raises RuntimeError where they do not fit."""
    started = {name.removeprefix(_START): value for name, value in tensors.items() if name.startswith(_START)}
    own = {name: torch.from_numpy(np.array(v)) for name, v in tensors.items() if not name.startswith(_START)}
    network.load_state_dict(own)
    return NetworkProjection(network, AffineProjection.load(started, {}) if started else None)


def recipe_from(settings: Mapping[str, Any], fallback: Recipe) -> Recipe:
    """The recipe that a checkpoint card tells, unknown keys left out."""
    known = {name: settings[name] for name in fallback.__dataclass_fields__ if name in settings}
    return Recipe(**({name: getattr(fallback, name) for name in fallback.__dataclass_fields__} | known))


def mlp(query_dimension: int, document_dimension: int, recipe: Recipe) -> nn.Sequential:
    """D - hidden - hidden - d' with ReLU, as in the paper (768-2048-2048-768 there)."""
    return nn.Sequential(
        nn.Linear(query_dimension, recipe.hidden),
        nn.ReLU(),
        nn.Linear(recipe.hidden, recipe.hidden),
        nn.ReLU(),
        nn.Linear(recipe.hidden, document_dimension),
    )


class ResidualMLP(nn.Module):
    """x + W2 ReLU(W1 x) for x scaled to length 1; W2 starts at zero, so that training starts from no projection."""

    def __init__(self, dimension: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Linear(dimension, hidden)
        self.dropout = nn.Dropout(dropout)
        self.outer = nn.Linear(hidden, dimension)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def skip(self, embeddings: torch.Tensor) -> torch.Tensor:
        """What the residual path carries past the layers, (n, d)."""
        return nn.functional.normalize(embeddings, dim=1)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """(n, d) -> (n, d)."""
        unit = self.skip(embeddings)
        return unit + self.outer(self.dropout(torch.relu(self.inner(unit))))
