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
        weight_decay: of AdamW, on weights and not on biases.
        learn_temperature: start at `temperature` and learn it along (info-nce).
        hard_negatives: documents that are near and wrong, looked up again every few epochs, for each query (info-nce).
        keep_best: keep the epoch that finds most on validation, the start before the first one included; of equals the
            earlier. Without validation pairs it is the last.
        wrong_queries: each pair brings a query along that does not answer, as a row of label 0 (n-pairs).
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
    weight_decay: float = 0.0
    learn_temperature: bool = False
    hard_negatives: int = 0
    wrong_queries: bool = False
    keep_best: bool = False

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
        grid: the settings that a closed form may choose from, on validation; the most cautious first.
        network: dimension of queries, of documents, recipe -> a torch module from (n, d) to (n, d').
        start: a closed form that both sides go through before the network.
    """

    name: str
    label: str
    about: str
    load: Callable[[Mapping[str, Vectors], Mapping[str, Any]], Projection]
    solve: Callable[..., Projection] | None = None
    grid: tuple[Mapping[str, float], ...] = field(default=({},))
    recipe: Recipe | None = None
    network: Callable[[int, int, Recipe], Any] | None = None
    start: Method | None = None


class AffineProjection:
    """Each side minus its mean, times its matrix: what every closed form comes to. What is not given is left out.

    Args:
        query_matrix: float32 (query dimension, shared dimension).
        document_matrix: float32 (document dimension, shared dimension).
        query_mean, document_mean: float32 (dimension,), subtracted first.
    """

    def __init__(
        self,
        query_matrix: Vectors | None = None,
        document_matrix: Vectors | None = None,
        query_mean: Vectors | None = None,
        document_mean: Vectors | None = None,
    ) -> None:
        given = {
            "query_matrix": query_matrix,
            "document_matrix": document_matrix,
            "query_mean": query_mean,
            "document_mean": document_mean,
        }
        self._given: Tensors = {
            name: np.asarray(value, dtype=np.float32) for name, value in given.items() if value is not None
        }

    def map_queries(self, embeddings: Vectors) -> Vectors:
        """(queries - mean) @ matrix."""
        return self._map(embeddings, "query")

    def map_documents(self, embeddings: Vectors) -> Vectors:
        """(documents - mean) @ matrix; the same array where neither is given."""
        return self._map(embeddings, "document")

    def _map(self, embeddings: Vectors, side: str) -> Vectors:
        mean, matrix = self._given.get(f"{side}_mean"), self._given.get(f"{side}_matrix")
        moved = embeddings if mean is None else embeddings - mean
        return np.asarray(moved if matrix is None else moved @ matrix, dtype=np.float32)

    def tensors(self) -> Tensors:
        """The matrices and means that were given."""
        return dict(self._given)

    @classmethod
    def load(cls, tensors: Mapping[str, Vectors], settings: Mapping[str, Any]) -> AffineProjection:
        """The projection again, from `tensors()`. Raises TypeError for a tensor of another name."""
        return cls(**tensors)
