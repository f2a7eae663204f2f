"""Embeddings on disk: computed once, keyed by encoder and texts, verified when read, rebuilt when they do not fit."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from mindgap import paths
from mindgap.encoders.base import Encoder, Progress
from mindgap.files import write_atomically
from mindgap.types import Vectors, fingerprint_texts

log = logging.getLogger(__name__)
_FORMAT = "1"


class EmbeddingStore:
    """A folder of embeddings, <encoder fingerprint>-<text fingerprint>.safetensors.

    A folder that cannot be written costs time, never an answer: the embeddings are then computed each time.

    Args:
        folder: the cache's unless given.
        shipped: a second folder that is only read; that of the assets, which makes the very first start quick, unless
            `folder` is given.
    """

    def __init__(self, folder: Path | None = None, shipped: Path | None = None) -> None:
        self.folder = folder or paths.cache() / "embeddings"
        self._shipped = shipped or (None if folder else paths.shipped_embeddings())

    def embed(self, encoder: Encoder, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embeddings of `texts`, float32 (n, dimension), from the store where a sound file is there."""
        key = fingerprint_texts(texts)
        name = f"{encoder.fingerprint[:24]}-{key[:24]}.safetensors"
        for folder in filter(None, (self.folder, self._shipped)):
            found = self._read(folder / name, (len(texts), encoder.dimension), encoder.fingerprint + key)
            if found is not None:
                return found
        vectors = encoder.encode(texts, progress)
        self._write(self.folder / name, vectors, encoder.fingerprint + key)
        return vectors

    def _read(self, path: Path, shape: tuple[int, int], key: str) -> Vectors | None:
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="np") as file:
                meta, vectors = file.metadata() or {}, file.get_tensor("embeddings")
        except (OSError, SafetensorError, KeyError) as error:
            log.warning("%s cannot be read (%s); the embeddings are computed again", path.name, error)
            return None
        fits = vectors.shape == shape and vectors.dtype == np.float32
        sound = meta.get("key") == key and meta.get("format") == _FORMAT and meta.get("sha256") == _digest(vectors)
        if not (fits and sound):
            log.warning("%s does not fit its contents; the embeddings are computed again", path.name)
            return None
        return vectors

    def _write(self, path: Path, vectors: Vectors, key: str) -> None:
        meta = {"key": key, "format": _FORMAT, "sha256": _digest(vectors)}
        try:
            write_atomically(path, save({"embeddings": np.ascontiguousarray(vectors)}, metadata=meta))
        except OSError as error:
            log.warning("embeddings are not kept on disk (%s)", error)


def _digest(vectors: Vectors) -> str:
    return hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()
