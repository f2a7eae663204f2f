"""Where things lie. Two environment variables move what is written: MINDGAP_CACHE and MINDGAP_CHECKPOINTS."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def assets() -> Path:
    """The folder of data and page assets that is shipped with the code."""
    return ROOT / "assets"


def data(task: str) -> Path:
    """The folder with train.jsonl, validation.jsonl and test.jsonl of a task."""
    return assets() / "data" / task


def shipped_embeddings() -> Path:
    """The folder of document embeddings that are shipped (`build --only embeddings`)."""
    return assets() / "embeddings"


def checkpoints() -> Path:
    """The folder of checkpoints: <preset>/<task>/<encoder>-<method>/."""
    return Path(os.environ.get("MINDGAP_CHECKPOINTS") or ROOT / "checkpoints")


def cache() -> Path:
    """The folder for what can be computed again (document embeddings)."""
    fallback = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mindgap"
    return Path(os.environ.get("MINDGAP_CACHE") or fallback)
