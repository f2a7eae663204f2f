"""Shared by all tests: small pairs, an encoder without a model, and folders that vanish afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from mindgap.types import Pair, Vectors


class HashEncoder:
    """An encoder that needs no model: a word always gives the same vector, a text the mean of its words'."""

    def __init__(self, name: str = "hash", dimension: int = 32) -> None:
        self.name = name
        self.label = f"{name} encoder"
        self.dimension = dimension
        self.fingerprint = hashlib.sha256(f"{name}{dimension}".encode()).hexdigest()
        self.max_length = 16
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str], progress: object = None) -> Vectors:
        self.calls.append(list(texts))
        return np.stack([self._embed(text) for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def _embed(self, text: str) -> Vectors:
        words = text.split() or [""]
        seeds = [int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:4], "big") for word in words]
        vectors = [np.random.default_rng(seed).standard_normal(self.dimension) for seed in seeds]
        return np.mean(vectors, axis=0).astype(np.float32)


@pytest.fixture
def encoder() -> HashEncoder:
    return HashEncoder()


@pytest.fixture
def pairs() -> tuple[Pair, ...]:
    """Forty pairs whose queries and documents share two of three words."""
    return tuple(
        Pair(f"p{i}", f"alpha{i} beta{i} ask", f"alpha{i} beta{i} answer", topic="t", line=i + 1) for i in range(40)
    )


@pytest.fixture
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Cache and checkpoints in a temporary folder."""
    folder = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("MINDGAP_CACHE", str(folder / "cache"))
    monkeypatch.setenv("MINDGAP_CHECKPOINTS", str(folder / "checkpoints"))
    return None


@pytest.fixture(scope="session")
def models():  # type: ignore[no-untyped-def]
    """The real offline models, loaded once for all tests."""
    from mindgap.models import Models

    return Models()
