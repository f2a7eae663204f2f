"""Search among embeddings: shared by every retriever that has an encoder."""

from __future__ import annotations

from collections.abc import Sequence

from mindgap.encoders.base import Encoder
from mindgap.indexes import FlatIndex, normalise
from mindgap.presets import Role
from mindgap.projections.base import Projection
from mindgap.projections.csls import document_offsets, with_offsets, with_one
from mindgap.retrievers.base import Context, Places
from mindgap.types import Vectors


class DenseRetriever:
    """Encodes, projects where there is a projection, and searches by inner product.

    Args:
        encoder: of queries.
        documents: embeddings of the gallery, (n, d), as their encoder gives them.
        projection: applied to both sides.
        cosine: scale both sides to length 1; off only for a model trained for the dot product.
        hub_queries: projected training queries (n, d); where given, a score is the cosine minus the document's CSLS
            offset (see `mindgap.projections.csls`), known before any query comes.
    """

    def __init__(
        self,
        encoder: Encoder,
        documents: Vectors,
        projection: Projection | None = None,
        cosine: bool = True,
        hub_queries: Vectors | None = None,
    ) -> None:
        self.encoder = encoder
        self._projection = projection
        self._cosine = cosine
        mapped = projection.map_documents(documents) if projection else documents
        vectors = normalise(mapped) if cosine else mapped
        self._csls = hub_queries is not None
        if hub_queries is not None:
            vectors = with_offsets(vectors, document_offsets(vectors, hub_queries))
        self._index = FlatIndex(vectors)

    def prepare(self, queries: Sequence[str], embeddings: Vectors | None) -> Vectors:
        """Projected and scaled embeddings (n, d). `embeddings` are those of `queries`."""
        assert embeddings is not None
        mapped = self._projection.map_queries(embeddings) if self._projection else embeddings
        vectors = normalise(mapped) if self._cosine else mapped
        return with_one(vectors) if self._csls else vectors

    def search(self, prepared: Vectors | Sequence[str], k: int) -> tuple[Vectors, Places]:
        """Scores and places, each (n, k)."""
        assert not isinstance(prepared, Sequence)
        return self._index.search(prepared, k)


def build_dense(context: Context, role: Role, projected: bool) -> DenseRetriever:
    """A retriever whose queries and documents go through one encoder."""
    encoder = context.encoder(role)
    projection = context.projection(role) if projected else None
    hub_queries = context.hub_queries(role) if projected else None
    return DenseRetriever(encoder, context.embed_documents(encoder), projection, hub_queries=hub_queries)
