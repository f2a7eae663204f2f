"""ZeroGPU: a Space whose process has no GPU, and borrows one for the length of a call.

What the source of the package `spaces` (0.51.3) shows, and what follows from it:

- A decorated function runs in a worker that was forked from this process: what it takes and gives is pickled, and the
  worker knows the models that were there when it was forked.
- `spaces` makes torch pretend that there is CUDA, but only on the thread that imported it. A model must be put onto
  "cuda" on that thread, before the page is served.
- Each call asks a scheduler for a GPU, may have to fork a worker and copy the models to it, and counts against the
  visitor's daily minutes.

So what is decorated is the encoding of a long list of texts (`mindgap.encoders.placed`). Half-precision copies of the
models are placed at the start; token numbers go in and arrays of the CPU come back. A single query stays on the CPU:
nobody has to wait for a GPU, and it costs the visitor nothing. Where no GPU is to be had the CPU answers too. With a
GPU of its own, or with none, nothing of this happens.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

DEVICE = "cuda"
"""Where models are placed."""
LEAST = 64
"""So many texts are worth asking for a GPU."""
SECONDS = 20
"""How long one call may take; short requests are served first and leave more of the visitor's minutes."""


def is_zero() -> bool:
    """Whether this is a ZeroGPU Space: it says so in SPACES_ZERO_GPU, and the package `spaces` is there."""
    said = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")
    return said and importlib.util.find_spec("spaces") is not None


def gpu(function: Function, duration: int = SECONDS) -> Function:
    """`function` as ZeroGPU wants it, `duration` seconds a call at most; itself where `spaces` is absent."""
    try:
        spaces = importlib.import_module("spaces")
    except ImportError:
        return function
    decorated: Function = spaces.GPU(duration=duration)(function)
    return decorated


def prepare() -> None:
    """On ZeroGPU: import `spaces` before anything touches CUDA, and decorate, both before the page is served.

    To be called on the main thread; elsewhere than on ZeroGPU it does nothing and imports nothing.
    """
    if is_zero():
        importlib.import_module("spaces")
        importlib.import_module("mindgap.encoders.placed")


def starting() -> bool:
    """Whether this is the thread on which models may be placed, and which must not ask for a GPU: the main one."""
    return threading.current_thread() is threading.main_thread()
