"""The seam between texts and embeddings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from mindgap.types import Vectors

Progress = Callable[[int, int], None]
"""Called with (done, total) while long work runs."""


class Encoder(Protocol):
    """One model that turns texts into embeddings. A retriever with two sides (DPR) has two encoders."""

    @property
    def name(self) -> str:
        """Short name, as in the folder of a checkpoint ("minilm")."""

    @property
    def label(self) -> str:
        """The real model's name, as shown to people."""

    @property
    def dimension(self) -> int:
        """Length of an embedding."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 over weights, tokenizer, pooling, normalisation and sequence limit: equal means interchangeable."""

    @property
    def max_length(self) -> int:
        """How many tokens are read; what follows is cut off."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embeddings of `texts`, float32 of shape (n, dimension), row i for text i."""

    def count_tokens(self, text: str) -> int:
        """How many tokens the whole text has, special tokens included."""
