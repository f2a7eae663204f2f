"""Models placed for ZeroGPU, and the one function that runs on the borrowed GPU. Why so: `mindgap.space.zero`."""

from __future__ import annotations

import copy
import logging
from typing import Any

import numpy as np
import torch

from mindgap.encoders.device import choose_precision
from mindgap.encoders.forward import embed
from mindgap.encoders.spec import ModelSpec
from mindgap.space import zero
from mindgap.types import Vectors

log = logging.getLogger(__name__)

Tokens = dict[str, np.ndarray[Any, np.dtype[np.int64]]]
"""A batch from the tokenizer, (n, tokens) each."""

_PLACED: dict[str, tuple[Any, ModelSpec]] = {}


def place(key: str, model: Any, spec: ModelSpec) -> bool:
    """Put a copy of a CPU model where ZeroGPU finds it under `key`; False off the main thread, where it cannot be."""
    if not zero.starting():
        return False
    copied = copy.deepcopy(model)
    _PLACED[key] = (copied.half() if choose_precision("cuda") == "half" else copied).to(zero.DEVICE), spec
    return True


def _encode_tokens(key: str, batches: list[Tokens]) -> list[Vectors]:
    """Runs in the worker. Texts are not sent: a tokenizer that another thread held at the fork would never be free."""
    model, spec = _PLACED[key]
    done = []
    for batch in batches:
        tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
        done.append(embed(model, tensors, spec, zero.DEVICE).cpu().numpy())
    return done


# at module level, since `spaces` wants to know every such function before the page is served
encode_tokens = zero.gpu(_encode_tokens)


def encode_or_none(key: str, batches: list[Tokens]) -> list[Vectors] | None:
    """Embeddings of each batch, float32 (n, d), from a borrowed GPU; None where none was to be had."""
    try:
        return encode_tokens(key, batches)
    except Exception as error:
        # no GPU free, the visitor's minutes used up, the worker gone: `spaces` has its own exceptions for each
        log.warning("ZeroGPU gave no answer (%s: %s); the CPU computes", type(error).__name__, error)
        return None
