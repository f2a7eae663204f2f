"""What a retriever is, and what it is built from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mindgap.encoders.base import Encoder
from mindgap.presets import Preset, Role
from mindgap.projections.base import Projection
from mindgap.types import Gallery, Vectors

Places = npt.NDArray[np.int64]
"""Places in the gallery, from 0."""


class Retriever(Protocol):
    """A model together with the gallery it answers from. Safe to call from several threads."""

    @property
    def encoder(self) -> Encoder | None:
        """Encodes queries; retrievers with equal fingerprints share the encoding. None where words are compared."""

    def prepare(self, queries: Sequence[str], embeddings: Vectors | None) -> Vectors | Sequence[str]:
        """What `search` takes: the projected, normalised embeddings (n, d), or the queries themselves."""

    def search(self, prepared: Vectors | Sequence[str], k: int) -> tuple[Vectors, Places]:
        """Scores and places of the best min(k, documents), each (n, k), best first, equal scores in file order."""


class Context(Protocol):
    """What a retriever may ask for while it is built. Each call may raise Unavailable."""

    @property
    def gallery(self) -> Gallery:
        """The documents to answer from."""

    def encoder(self, role: Role) -> Encoder:
        """The preset's model for a role, loaded."""

    def projection(self, role: Role) -> Projection:
        """The projection chosen for that role's encoder on this task."""

    def embed_documents(self, encoder: Encoder) -> Vectors:
        """The gallery's embeddings, (documents, dimension)."""


@dataclass(frozen=True)
class RetrieverSpec:
    """A retriever before it is built.

    Attributes:
        name: as on the command line.
        label: heading of its column.
        role: the model that encodes its queries; None where there is none.
        projected: whether a projection follows the encoder.
        about: one sentence for people.
        build: makes it.
    """

    name: str
    label: str
    role: Role | None
    projected: bool
    about: str
    build: Callable[[Context], Retriever]

    def model(self, preset: Preset) -> str:
        """The real model behind it, as shown under its heading."""
        if self.role is None:
            return "Okapi BM25, words as written"
        return preset.models[self.role].label + (" + projection" if self.projected else "")
