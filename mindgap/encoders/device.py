"""Which device computes. Chosen by MINDGAP_DEVICE=auto|cpu|cuda|mps; nothing is touched at import."""

from __future__ import annotations

import os

from mindgap.errors import CallerError

CHOICES = ("auto", "cpu", "cuda", "mps")


def choose_device(wish: str | None = None) -> str:
    """The device's name: "cpu", "cuda" or "mps".

    Raises CallerError for an unknown wish or a device that this machine lacks.
    """
    import torch

    wish = (wish or os.environ.get("MINDGAP_DEVICE") or "auto").lower()
    if wish not in CHOICES:
        raise CallerError(f"MINDGAP_DEVICE is {wish!r}; it must be one of {', '.join(CHOICES)}.")
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wish == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wish]:
        raise CallerError(f"MINDGAP_DEVICE is {wish!r}, but PyTorch finds no such device here. Set it to auto or cpu.")
    return wish
