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
        """What `search` takes: the projected, normalised embeddings (n, d), or the queries themselves.

        Either has a length and can be cut into slices. A retriever that needs both returns the queries as a sequence
        of its own that carries their embeddings.
        """

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

    def hub_queries(self, role: Role) -> Vectors | None:
        """Projected training queries (n, d) by which CSLS scores; None where the plain cosine is asked for."""

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
        words: whether common words count, alone or beside an embedding.
    """

    name: str
    label: str
    role: Role | None
    projected: bool
    about: str
    build: Callable[[Context], Retriever]
    words: bool = False

    @property
    def embeds(self) -> bool:
        """Whether it ranks by one embedding alone, so that there is a gap to measure and a map to draw."""
        return self.role is not None and not self.words

    def model(self, preset: Preset) -> str:
        """The real model behind it, as shown under its heading."""
        if self.role is None:
            return "Okapi BM25, words as written"
        parts = ["BM25"] * self.words + [preset.models[self.role].label] + ["projection"] * self.projected
        return " + ".join(parts)
