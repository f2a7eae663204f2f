"""A transformer encoder with a pooling, loaded from a local folder: no network, no remote code."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from mindgap.encoders.base import Progress
from mindgap.encoders.device import choose_device
from mindgap.encoders.locate import files_fingerprint, locate
from mindgap.encoders.spec import ModelSpec, Pooling
from mindgap.types import Vectors

_BATCH = 32


class TransformerEncoder:
    """A transformers model and its tokenizer, as an Encoder (see `mindgap.encoders.base`).

    Half precision on CUDA, full precision elsewhere. Safe to call from several threads.
    """

    def __init__(self, spec: ModelSpec, folder: Path, device: str) -> None:
        architecture = getattr(transformers, spec.architecture)
        dtype = torch.float16 if device == "cuda" else torch.float32
        transformers.logging.disable_progress_bar()
        self.name = spec.name
        self.label = spec.label
        self.device = device
        self._spec = spec
        self._folder = folder
        model = architecture.from_pretrained(str(folder), dtype=dtype, local_files_only=True)
        self._model = model.to(device).eval()
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        # a fast tokenizer may not be entered by two threads at once
        self._tokenizer_lock = threading.Lock()
        config = self._model.config
        self.dimension = int(getattr(config, "projection_dim", 0) or config.hidden_size)
        self.max_length = min(spec.max_length, _positions(config))
        self.fingerprint = self._fingerprint()

    def _fingerprint(self) -> str:
        spec = self._spec
        parts = (files_fingerprint(self._folder), spec.pooling.value, str(spec.normalise), str(self.max_length))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embeddings, float32 (n, dimension). Texts of like length share a batch, so that little is padded."""
        result = np.empty((len(texts), self.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            result[places] = self._encode_batch([texts[i] for i in places])
            if progress:
                progress(min(start + _BATCH, len(order)), len(order))
        return result

    def count_tokens(self, text: str) -> int:
        """Tokens of the whole text, special tokens included."""
        with self._tokenizer_lock:
            return len(self._tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def _encode_batch(self, texts: list[str]) -> Vectors:
        with self._tokenizer_lock:
            batch = self._tokenizer(
                texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="pt"
            )
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        with torch.inference_mode():
            pooled = pool(self._model(**batch), batch["attention_mask"], self._spec.pooling).float()
            if self._spec.normalise:
                pooled = torch.nn.functional.normalize(pooled, dim=-1)
        return pooled.cpu().numpy()


def pool(output: Any, mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """One vector (n, d) for each text out of a model's output; `mask` (n, tokens) is 1 where a token is real."""
    if pooling is Pooling.POOLER:
        return output.pooler_output
    states = output.last_hidden_state
    if pooling is Pooling.CLS:
        return states[:, 0]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)


def _positions(config: Any) -> int:
    # RoBERTa keeps two positions for padding: 514 stands for 512 tokens
    positions = int(getattr(config, "max_position_embeddings", 512))
    return positions - 2 if config.model_type in ("roberta", "mpnet") else positions


def load_encoder(spec: ModelSpec, device: str | None = None) -> TransformerEncoder:
    """Find, verify and load a model. Raises Unavailable with the reason and the cure."""
    return TransformerEncoder(spec, locate(spec), choose_device(device))
