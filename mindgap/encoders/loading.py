"""A verified folder -> a transformers model and its tokenizer. No network, no code but the library's own."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import torch
import transformers

from mindgap.encoders.spec import ModelSpec, Pooling
from mindgap.errors import Unavailable

# while it loads, transformers sets torch's default type for the whole process; two at a time may leave it wrong
_LOADING = threading.Lock()
_SHOWN = 120
_LIBRARY_ONLY: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def load_model(spec: ModelSpec, folder: Path, dtype: Any = torch.float32) -> tuple[Any, Any]:
    """The model, in evaluation mode on the CPU, and its tokenizer.

    Raises Unavailable where the files are no such model, need code of their own, or leave weights out: transformers
    would fill those with random numbers and answer from them.
    """
    architecture = getattr(transformers, spec.architecture)
    transformers.logging.disable_progress_bar()
    try:
        with _LOADING:
            model, report = architecture.from_pretrained(
                str(folder), dtype=dtype, output_loading_info=True, **_LIBRARY_ONLY
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **_LIBRARY_ONLY)
    except Exception as error:  # the libraries below raise whatever comes, each for its own kind of damage
        raise cannot_load(spec, error) from error
    # a head that is not looked at may be missing: many models come without it
    missing = [key for key in report["missing_keys"] if spec.pooling is Pooling.POOLER or "pooler." not in key]
    if missing or report["mismatched_keys"]:
        example = missing[0] if missing else next(iter(report["mismatched_keys"]))[0]
        raise cannot_load(spec, f"its weights are not those of its configuration, {str(example)[:60]} is missing")
    words = getattr(model.config, "vocab_size", None)
    if words is not None and len(tokenizer) > words:
        raise cannot_load(spec, f"its tokenizer knows {len(tokenizer):,} tokens and its weights {words:,}")
    return model.eval(), tokenizer


def cannot_load(spec: ModelSpec, reason: object) -> Unavailable:
    """The sentence for files that are there and are no model that works."""
    line = " ".join(str(reason).split())[:_SHOWN] or type(reason).__name__
    return Unavailable(f"{spec.label} is on this machine but cannot be loaded ({line})", "fetch or make it again.")
