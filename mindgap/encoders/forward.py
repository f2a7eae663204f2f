"""From token numbers to embeddings: the part of an encoder that computes on the device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from mindgap.encoders.spec import ModelSpec, Pooling


def embed(model: Any, batch: Mapping[str, torch.Tensor], spec: ModelSpec, device: str) -> torch.Tensor:
    """Embeddings of a batch of token numbers, float32 (n, d), on the device and perhaps still being computed."""
    there = {name: onto(tensor, device) for name, tensor in batch.items()}
    with torch.inference_mode():
        pooled = pool(model(**there), there["attention_mask"], spec.pooling).float()
        return torch.nn.functional.normalize(pooled, dim=-1) if spec.normalise else pooled


def onto(tensor: torch.Tensor, device: str) -> torch.Tensor:
    """The tensor on the device; to CUDA out of pinned memory, so that nobody waits for the copy."""
    if device == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def pool(output: Any, mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """One vector (n, d) for each text out of a model's output; `mask` (n, tokens) is 1 where a token is real."""
    if pooling is Pooling.POOLER:
        return output.pooler_output
    states = output.last_hidden_state
    if pooling is Pooling.CLS:
        return states[:, 0]
    # a sum over 512 tokens loses digits in half precision, and can leave its range
    states = states.float()
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)
