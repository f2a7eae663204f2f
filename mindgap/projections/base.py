"""The learned map between two spaces of embeddings, and the description of a method that finds one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from mindgap.types import Vectors

Tensors = dict[str, Vectors]
"""Parameter name -> array: what a checkpoint keeps."""


class Projection(Protocol):
    """Maps query embeddings into the document space. Both maps take and give float32 (n, dimension)."""

    def map_queries(self, embeddings: Vectors) -> Vectors:
        """The projected query embeddings; not normalised."""

    def map_documents(self, embeddings: Vectors) -> Vectors:
        """The document embeddings as they are compared; the same array where the document map is the identity."""

    def tensors(self) -> Tensors:
        """Every parameter, enough for the method's `load` to make the projection again."""


@dataclass(frozen=True)
class Recipe:
    """Settings of a projection that is learned by gradient descent. Frozen; `dataclasses.replace` makes variants.

    Attributes:
        loss: a name in `mindgap.training.losses`.
        hidden: width of the hidden layers.
        epochs, batch_size, learning_rate: as usual; Adam.
        one_cycle: warm up and anneal the learning rate over the whole training.
        dropout: share of hidden units left out in training.
        margin: of the hinge (n-pairs). temperature: of the softmax (info-nce).
        pull: weight of the mean squared length of what the projection adds to its input, relative to the input's.
    """

    loss: str
    hidden: int
    epochs: int
    batch_size: int
    learning_rate: float
    one_cycle: bool = False
    dropout: float = 0.0
    margin: float = 1.0
    temperature: float = 0.05
    pull: float = 0.0

    def __post_init__(self) -> None:
        if min(self.hidden, self.epochs) < 1 or self.batch_size < 2 or self.learning_rate <= 0:
            raise ValueError(f"settings out of range: {self}")


@dataclass(frozen=True)
class Method:
    """An alignment method: either solved in closed form (`solve`) or learned (`recipe` and `network`).

    Attributes:
        name: as on the command line.
        label: as the page shows it.
        about: one sentence on what it does.
        load: parameters, settings -> projection.
        solve: queries, documents (row i answers row i), one candidate of `grid` -> projection.
        grid: the settings that a closed form may choose from, on validation.
        network: dimension of queries, of documents, recipe -> a torch module from (n, d) to (n, d').
    """

    name: str
    label: str
    about: str
    load: Callable[[Mapping[str, Vectors], Mapping[str, Any]], Projection]
    solve: Callable[..., Projection] | None = None
    grid: tuple[Mapping[str, float], ...] = field(default=({},))
    recipe: Recipe | None = None
    network: Callable[[int, int, Recipe], Any] | None = None


class LinearProjection:
    """x -> x @ matrix: what every linear method comes to.

    Args:
        matrix: float32 (query dimension, document dimension).
    """

    def __init__(self, matrix: Vectors) -> None:
        self.matrix = np.asarray(matrix, dtype=np.float32)

    def map_queries(self, embeddings: Vectors) -> Vectors:
        """Queries times the matrix."""
        return embeddings @ self.matrix

    def map_documents(self, embeddings: Vectors) -> Vectors:
        """Documents as they are."""
        return embeddings

    def tensors(self) -> Tensors:
        """The matrix."""
        return {"matrix": self.matrix}

    @classmethod
    def load(cls, tensors: Mapping[str, Vectors], settings: Mapping[str, Any]) -> LinearProjection:
        """The projection again, from `tensors()`."""
        return cls(tensors["matrix"])
