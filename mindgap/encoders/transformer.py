"""A transformer encoder with a pooling, loaded from a local folder: no network, no remote code."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mindgap.encoders.base import Progress
from mindgap.encoders.device import batch_size, choose_device, choose_precision
from mindgap.encoders.forward import embed
from mindgap.encoders.forward import pool as pool
from mindgap.encoders.loading import cannot_load, load_model
from mindgap.encoders.locate import files_fingerprint, locate
from mindgap.encoders.spec import ModelSpec
from mindgap.errors import Failure, MindGapError
from mindgap.space import zero
from mindgap.types import Vectors

log = logging.getLogger(__name__)
_CALL = 2048
"""Texts for which a GPU is borrowed at once."""


class TransformerEncoder:
    """A transformers model and its tokenizer, as an Encoder (see `mindgap.encoders.base`).

    Half precision on CUDA unless MINDGAP_PRECISION says otherwise, full precision elsewhere; embeddings come back as
    arrays of the CPU. Safe to call from several threads.

    Attributes:
        batch_size: texts that go through the model at once; halved where the GPU's memory runs out.
    """

    def __init__(self, spec: ModelSpec, folder: Path, device: str) -> None:
        dtype = torch.float16 if choose_precision(device) == "half" else torch.float32
        self.name = spec.name
        self.label = spec.label
        self.device = device
        self.batch_size = batch_size(device)
        self._spec = spec
        self._folder = folder
        model, self._tokenizer = load_model(spec, folder)
        self._model = model.to(device, dtype)
        # a fast tokenizer may not be entered by two threads at once
        self._tokenizer_lock = threading.Lock()
        config = self._model.config
        self.dimension = int(getattr(config, "projection_dim", 0) or config.hidden_size)
        self.max_length = min(spec.max_length, _positions(config))
        self.fingerprint = self._fingerprint()
        self._placed = zero.is_zero() and self._place()

    def _fingerprint(self) -> str:
        spec = self._spec
        parts = (files_fingerprint(self._folder), spec.pooling.value, str(spec.normalise), str(self.max_length))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    def _place(self) -> bool:
        from mindgap.encoders.placed import place

        return place(self.fingerprint, self._model, self._spec)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embeddings, float32 (n, dimension). Texts of like length share a batch, so that little is padded.

        Raises Failure where not even one text fits into the GPU's memory.
        """
        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        done = 0
        if self._placed and len(texts) >= zero.LEAST and not zero.starting():
            done = self._borrow(texts, order, result, progress)
        self._compute(texts, order, done, result, progress)
        return result

    def _compute(
        self, texts: Sequence[str], order: list[int], start: int, result: Vectors, progress: Progress | None
    ) -> None:
        """Fill the rows of `result` that `order` names from `start` on."""
        waiting: tuple[list[int], torch.Tensor] | None = None
        while start < len(order):
            places = order[start : start + self.batch_size]
            computed = self._try_batch([texts[i] for i in places])
            if computed is None:
                self._halve(len(places))
                continue
            # the GPU is at this batch while the one before it is fetched and the next one is cut into tokens
            if waiting:
                result[waiting[0]] = waiting[1].cpu().numpy()
            waiting = places, computed
            start += len(places)
            if progress:
                progress(start, len(order))
        if waiting:
            result[waiting[0]] = waiting[1].cpu().numpy()

    def _borrow(self, texts: Sequence[str], order: list[int], result: Vectors, progress: Progress | None) -> int:
        """The same on ZeroGPU; returns how far it came, all of the way unless it was refused a GPU."""
        from mindgap.encoders.placed import encode_or_none

        size = batch_size("cuda")
        for start in range(0, len(order), _CALL):
            call = order[start : start + _CALL]
            places = [call[i : i + size] for i in range(0, len(call), size)]
            batches = [self._tokens([texts[i] for i in rows]) for rows in places]
            found = encode_or_none(
                self.fingerprint, [{name: tensor.numpy() for name, tensor in batch.items()} for batch in batches]
            )
            if found is None:
                return start
            for rows, vectors in zip(places, found, strict=True):
                result[rows] = vectors
            if progress:
                progress(start + len(call), len(order))
        return len(order)

    def count_tokens(self, text: str) -> int:
        """Tokens of the whole text, special tokens included."""
        with self._tokenizer_lock:
            return len(self._tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def _tokens(self, texts: list[str]) -> dict[str, torch.Tensor]:
        with self._tokenizer_lock:
            batch = self._tokenizer(
                texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="pt"
            )
        return dict(batch)

    def _try_batch(self, texts: list[str]) -> torch.Tensor | None:
        """Embeddings on the device; None where its memory ran out."""
        batch = self._tokens(texts)
        try:
            return embed(self._model, batch, self._spec, self.device)
        except torch.cuda.OutOfMemoryError:
            return None

    def _halve(self, failed: int) -> None:
        """Go on with smaller batches. Not called while the exception lives, which holds on to the failed batch."""
        if failed == 1:
            raise Failure(
                f"The GPU's memory ran out on a single text for {self.label}. "
                "Free some of it, or set MINDGAP_DEVICE=cpu."
            )
        torch.cuda.empty_cache()
        self.batch_size = min(self.batch_size, failed // 2)
        log.warning("the GPU's memory ran out; %s goes on with batches of %d", self.label, self.batch_size)


def _positions(config: Any) -> int:
    # RoBERTa keeps two positions for padding: 514 stands for 512 tokens
    positions = int(getattr(config, "max_position_embeddings", 512))
    return positions - 2 if config.model_type in ("roberta", "mpnet") else positions


def load_encoder(spec: ModelSpec, device: str | None = None) -> TransformerEncoder:
    """Find, verify and load a model, and try it. Raises Unavailable with the reason and the cure."""
    encoder = TransformerEncoder(spec, locate(spec), choose_device(device))
    try:
        tried = encoder.encode(["a word"])
    except MindGapError:
        raise
    except Exception as error:  # a tokenizer of another model, an architecture that wants more than a text
        raise cannot_load(spec, error) from error
    if not np.isfinite(tried).all():
        raise cannot_load(spec, "it gives no finite numbers")
    return encoder
