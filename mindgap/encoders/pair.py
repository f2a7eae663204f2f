"""Two fine-tuned encoders, one for queries and one for documents, that answer without a projection.

A folder with card.json (kind "encoders") and two model folders, as `train --fine-tune-encoders` writes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mindgap.encoders.spec import Folder, ModelSpec, Pooling
from mindgap.projections.checkpoint import CARD, CheckpointError
from mindgap.text import printable

KIND = "encoders"
FORMAT = 1
QUERY, DOCUMENT = "query-encoder", "document-encoder"
ARCHITECTURES = ("AutoModel", "DPRQuestionEncoder", "DPRContextEncoder")
"""Classes of transformers that a card may name; it comes from elsewhere and chooses no other code."""


@dataclass(frozen=True)
class EncoderPair:
    """What stands in the card; the models are loaded by whoever asks (`Models.encoder`), which verifies their files."""

    folder: Path
    card: dict[str, Any]
    query: ModelSpec
    document: ModelSpec

    @property
    def label(self) -> str:
        """The model's name for people."""
        return f"{self.card['encoder']['label']}, fine-tuned"


def is_encoder_pair(folder: Path) -> bool:
    """Whether the folder's card is that of two encoders; False too where there is none, or it cannot be read."""
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(card, dict) and card.get("kind") == KIND


def read_encoder_pair(folder: Path) -> EncoderPair:
    """The two encoders of a folder. Raises CheckpointError where its card does not say how they are used."""
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
        if card["kind"] != KIND or card["format"] != FORMAT:
            raise ValueError(f"it is no card of {KIND} in format {FORMAT}")
        label = f"{card['encoder']['label']}, fine-tuned"
        use = _use(card["use"])
    except OSError:
        raise CheckpointError(
            f"{folder} is not a checkpoint: it has no {CARD}. Name the folder that `train` wrote."
        ) from None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(
            f"{folder / CARD} is not the card of two encoders ({printable(error, 120)}). Train them again."
        ) from None
    query, document = (
        ModelSpec(name, label, Folder(str((folder / name).resolve())), **use) for name in (QUERY, DOCUMENT)
    )
    return EncoderPair(folder, card, query, document)


def _use(said: dict[str, Any]) -> dict[str, Any]:
    """How the card says the models are used. Raises ValueError, KeyError, TypeError, OverflowError."""
    architecture, max_length = str(said["architecture"]), int(said["max_length"])
    if architecture not in ARCHITECTURES:
        raise ValueError(f"its architecture is {printable(architecture)!r}, not one of {', '.join(ARCHITECTURES)}")
    if max_length < 1:
        raise ValueError(f"its max_length is {max_length}, and must be at least 1")
    return {
        "pooling": Pooling(said["pooling"]),
        "normalise": bool(said["normalise"]),
        "max_length": max_length,
        "architecture": architecture,
    }
