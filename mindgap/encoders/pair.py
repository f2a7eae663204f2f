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

KIND = "encoders"
FORMAT = 1
QUERY, DOCUMENT = "query-encoder", "document-encoder"


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
    except (OSError, ValueError):
        return False
    return isinstance(card, dict) and card.get("kind") == KIND


def read_encoder_pair(folder: Path) -> EncoderPair:
    """The two encoders of a folder. Raises CheckpointError where its card does not say how they are used."""
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
        if card["kind"] != KIND or card["format"] != FORMAT:
            raise ValueError(f"it is no card of {KIND} in format {FORMAT}")
        label = f"{card['encoder']['label']}, fine-tuned"
        use: dict[str, Any] = {
            "pooling": Pooling(card["use"]["pooling"]),
            "normalise": bool(card["use"]["normalise"]),
            "max_length": int(card["use"]["max_length"]),
            "architecture": str(card["use"]["architecture"]),
        }
    except OSError:
        raise CheckpointError(f"{folder} is not a checkpoint: it has no {CARD}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / CARD} is not the card of two encoders ({error}). Train them again.") from None
    query, document = (
        ModelSpec(name, label, Folder(str((folder / name).resolve())), **use) for name in (QUERY, DOCUMENT)
    )
    return EncoderPair(folder, card, query, document)
