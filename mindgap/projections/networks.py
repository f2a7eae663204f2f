"""Projections that are torch modules: what the learned methods share. Imported only when one is trained or loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from mindgap.projections.base import Projection, Recipe, Tensors
from mindgap.types import Vectors


class NetworkProjection:
    """A trained module that maps queries (n, d) to (n, d'); documents stay as they are. Runs on the CPU."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network.cpu().float().eval()

    def map_queries(self, embeddings: Vectors) -> Vectors:
        """The module's output."""
        with torch.inference_mode():
            return self.network(torch.from_numpy(np.ascontiguousarray(embeddings, dtype=np.float32))).numpy()

    def map_documents(self, embeddings: Vectors) -> Vectors:
        """Documents as they are."""
        return embeddings

    def tensors(self) -> Tensors:
        """The module's state."""
        return {name: tensor.detach().numpy().astype(np.float32) for name, tensor in self.network.state_dict().items()}


def load_network(network: nn.Module, tensors: Mapping[str, Vectors]) -> Projection:
    """Put parameters into a module of the right shape. Raises RuntimeError where they do not fit."""
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in tensors.items()})
    return NetworkProjection(network)


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
    """x + W2 ReLU(W1 x); W2 starts at zero, so that training starts from no projection at all."""

    def __init__(self, dimension: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Linear(dimension, hidden)
        self.dropout = nn.Dropout(dropout)
        self.outer = nn.Linear(hidden, dimension)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """(n, d) -> (n, d)."""
        return embeddings + self.outer(self.dropout(torch.relu(self.inner(embeddings))))
