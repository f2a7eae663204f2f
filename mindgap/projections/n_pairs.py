"""The paper's projection: an MLP with two hidden layers, N-pairs hinge loss (arXiv 2410.23437, section 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mindgap.projections.base import Method, Projection, Recipe
from mindgap.types import Vectors

PAPER_RECIPE = Recipe(loss="n-pairs", hidden=2048, epochs=5, batch_size=32, learning_rate=1e-4, margin=1.0)


def network(query_dimension: int, document_dimension: int, recipe: Recipe) -> Any:
    """The paper's MLP."""
    from mindgap.projections.networks import mlp

    return mlp(query_dimension, document_dimension, recipe)


def load(tensors: Mapping[str, Vectors], settings: Mapping[str, Any]) -> Projection:
    """The paper's MLP with the parameters of a checkpoint."""
    from mindgap.projections.networks import load_network, recipe_from

    first, last = tensors["0.weight"], tensors["4.weight"]
    return load_network(network(first.shape[1], last.shape[0], recipe_from(settings, PAPER_RECIPE)), tensors)


N_PAIRS = Method(
    name="n-pairs",
    label="as in the paper (MLP, N-pairs loss)",
    about="The paper's recipe: MLP, N-pairs hinge loss with margin 1, Adam 1e-4, batch 32, 5 epochs.",
    load=load,
    recipe=PAPER_RECIPE,
    network=network,
)
