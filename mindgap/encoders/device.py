"""Which device computes, and how precisely. Nothing is touched at import.

MINDGAP_DEVICE=auto|cpu|cuda|mps chooses the device, MINDGAP_PRECISION=auto|half|full the precision of its weights.
"""

from __future__ import annotations

import os

from mindgap.errors import CallerError
from mindgap.space import zero

CHOICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "half", "full")
_BATCH = {"cpu": 32, "mps": 32, "cuda": 256}


def choose_device(wish: str | None = None) -> str:
    """The device's name: "cpu", "cuda" or "mps".

    On ZeroGPU it is "cpu": there the process itself has no GPU (see `mindgap.space.zero`).

    Raises CallerError for an unknown wish or a device that this machine lacks.
    """
    import torch

    wish = (wish or os.environ.get("MINDGAP_DEVICE") or "auto").lower()
    if wish not in CHOICES:
        raise CallerError(f"MINDGAP_DEVICE is {wish!r}; it must be one of {', '.join(CHOICES)}.")
    # ZeroGPU makes torch say that there is CUDA
    cuda = not zero.is_zero() and torch.cuda.is_available()
    there = {"cpu": True, "cuda": cuda, "mps": torch.backends.mps.is_available()}
    if wish == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wish]:
        raise CallerError(f"MINDGAP_DEVICE is {wish!r}, but PyTorch finds no such device here. Set it to auto or cpu.")
    return wish


def choose_precision(device: str, wish: str | None = None) -> str:
    """The precision of the weights, "half" (float16) or "full" (float32): half on CUDA unless the wish says otherwise.

    float16 and not bfloat16: it keeps 10 bits of the mantissa against 7, which is what a ranking by cosines needs, and
    the T4 of the smallest GPU Spaces computes it natively, bfloat16 only from compute capability 8.0 on.

    Raises CallerError for an unknown wish, or half where there is but a CPU (slower there, and other
    embeddings than everybody's).
    """
    wish = (wish or os.environ.get("MINDGAP_PRECISION") or "auto").lower()
    if wish not in PRECISIONS:
        raise CallerError(f"MINDGAP_PRECISION is {wish!r}; it must be one of {', '.join(PRECISIONS)}.")
    if wish == "half" and device == "cpu":
        # work that is done on the CPU whatever the device, as on ZeroGPU, is not what the wish is about
        if zero.is_zero() or choose_device() != "cpu":
            return "full"
        raise CallerError(
            "MINDGAP_PRECISION is 'half', but the CPU computes in full precision. Set it to auto or full."
        )
    if wish == "auto":
        return "half" if device == "cuda" else "full"
    return wish


def batch_size(device: str) -> int:
    """How many texts a batch begins with; on CUDA it is halved where memory runs out."""
    return _BATCH[device]
