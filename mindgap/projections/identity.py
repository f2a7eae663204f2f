"""No projection at all: the control that every method is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mindgap.projections.base import Method, Tensors
from mindgap.types import Vectors


class IdentityProjection:
    """Leaves both sides as they are."""

    def map_queries(self, embeddings: Vectors) -> Vectors:
        """Queries as they are."""
        return embeddings

    def map_documents(self, embeddings: Vectors) -> Vectors:
        """Documents as they are."""
        return embeddings

    def tensors(self) -> Tensors:
        """Nothing to keep."""
        return {}


def _load(tensors: Mapping[str, Vectors], settings: Mapping[str, Any]) -> IdentityProjection:
    return IdentityProjection()


def _solve(queries: Vectors, documents: Vectors) -> IdentityProjection:
    return IdentityProjection()


IDENTITY = Method(
    name="identity",
    label="identity (no projection)",
    about="The raw embeddings, as a control.",
    load=_load,
    solve=_solve,
)
