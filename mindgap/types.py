"""The nouns that every other module speaks in. Frozen: a result, once made, does not change."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""float32 array of shape (n, dimension), or (dimension,) for one embedding."""


@dataclass(frozen=True)
class Pair:
    """A query and the document that answers it (its gold). `label` 0 marks a pair that does not belong together."""

    id: str
    query: str
    document: str
    description: str = ""
    question: str = ""
    topic: str = ""
    negatives: tuple[str, ...] = ()
    label: int = 1
    line: int = 0


@dataclass(frozen=True)
class Gallery:
    """The documents that are searched: unique texts in file order, each with the id of the first pair that has it."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.texts):
            raise ValueError(f"{len(self.ids)} ids for {len(self.texts)} texts")

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the texts in order."""
        return fingerprint_texts(self.texts)

    @cached_property
    def position(self) -> dict[str, int]:
        """Text -> its place in the gallery, from 0."""
        return {text: place for place, text in enumerate(self.texts)}

    @classmethod
    def of(cls, pairs: Sequence[Pair], limit: int | None = None) -> Gallery:
        """The gallery of `pairs`: each document text once, in file order, the first `limit` of them."""
        first: dict[str, str] = {}
        for pair in pairs:
            first.setdefault(pair.document, pair.id)
        texts = list(first)[:limit]
        return cls(tuple(first[text] for text in texts), tuple(texts))


def fingerprint_texts(texts: Sequence[str]) -> str:
    """SHA-256 over texts in order, each preceded by its length so that no two lists look alike."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode("utf-8")
        digest.update(f"{len(raw)}:".encode())
        digest.update(raw)
    return digest.hexdigest()


@dataclass(frozen=True)
class Hit:
    """One answer: `rank` counts from 1, a higher `score` is better."""

    rank: int
    id: str
    score: float
    text: str


@dataclass(frozen=True)
class Ranking:
    """What one retriever answered.

    `encode_ms` includes the projection and is None where nothing is encoded (BM25). `gold_rank` is None when the
    query is not a known one. `unavailable` holds the reason and the cure when the model is not there; `hits` is then
    empty.
    """

    name: str
    label: str
    model: str
    encode_ms: float | None = None
    search_ms: float | None = None
    gold_rank: int | None = None
    unavailable: str | None = None
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """The rankings of several retrievers for one query. `notes` are sentences about what was done to the query."""

    task: str
    query: str
    preset: str
    retrievers: tuple[Ranking, ...]
    documents: int = 0
    gold_ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The JSON of `search`: task, query, preset and retrievers, nothing else."""
        return {
            "task": self.task,
            "query": self.query,
            "preset": self.preset,
            "retrievers": [
                asdict(ranking) | {"hits": [asdict(hit) for hit in ranking.hits]} for ranking in self.retrievers
            ],
        }
