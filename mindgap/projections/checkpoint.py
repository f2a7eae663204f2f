"""A projection on disk: half-precision safetensors (sharded past 9 MB) and card.json; verified before use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mindgap.errors import CallerError
from mindgap.files import new_folder, sha256_of
from mindgap.projections.base import Method, Projection
from mindgap.types import Vectors

CARD = "card.json"
FORMAT = 1
SHARD_BYTES = 8_900_000
CSLS = "csls.safetensors"


class CheckpointError(CallerError):
    """A checkpoint that cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint.

    Attributes:
        card: as read.
        hub_queries: some of the training queries after the projection, (n, d) of length 1, by which CSLS scoring knows
            the documents that are near to everything; None in a checkpoint without them.
    """

    folder: Path
    card: dict[str, Any]
    projection: Projection
    hub_queries: Vectors | None = None

    @property
    def method(self) -> str:
        """Name of the method that made it."""
        return str(self.card["method"])

    @property
    def encoder_fingerprint(self) -> str:
        """Fingerprint of the encoder whose embeddings it maps."""
        return str(self.card["encoder"]["fingerprint"])

    def require_encoder(self, fingerprint: str, label: str) -> None:
        """Raise CheckpointError unless the projection was made for the encoder with this fingerprint."""
        if self.encoder_fingerprint != fingerprint:
            made_for = self.card["encoder"].get("label", "another encoder")
            raise CheckpointError(
                f"The projection in {self.folder} was trained on embeddings of {made_for} "
                f"(fingerprint {self.encoder_fingerprint[:12]}…), not of {label} as it runs here "
                f"({fingerprint[:12]}…). Train it again on this encoder."
            )


def round_half(projection: Projection, method: Method, settings: dict[str, Any]) -> Projection:
    """The projection as it will be read back: every weight rounded to half precision.

    Raises CallerError where a weight is no finite number, so that nothing unusable is written.
    """
    with np.errstate(over="ignore"):
        rounded = {name: value.astype(np.float16).astype(np.float32) for name, value in projection.tensors().items()}
    if not all(np.isfinite(value).all() for value in rounded.values()):
        raise CallerError(
            "The training gave weights that are no finite numbers, and nothing was written: "
            "lower the learning rate, or check that the pairs are not all alike."
        )
    return method.load(rounded, settings)


def write_checkpoint(
    folder: Path, projection: Projection, card: dict[str, Any], hub_queries: Vectors | None = None
) -> dict[str, Any]:
    """Write weights and card to a temporary folder, then give it its name; returns the card with the file sums.

    `hub_queries` is kept beside the weights for CSLS scoring (see `Checkpoint`).

    Raises CallerError when `folder` is there already.
    """
    import torch
    from huggingface_hub import save_torch_state_dict
    from safetensors.numpy import save_file

    tensors = {name: torch.from_numpy(value.astype(np.float16)) for name, value in projection.tensors().items()}
    try:
        with new_folder(folder) as temporary:
            if tensors:
                save_torch_state_dict(tensors, temporary, max_shard_size=SHARD_BYTES)
            if hub_queries is not None:
                save_file({"queries": hub_queries.astype(np.float16)}, temporary / CSLS)
            sums = {path.name: sha256_of(path) for path in sorted(temporary.iterdir())}
            full = {"format": FORMAT, "kind": "projection"} | card | {"files": sums}
            (temporary / CARD).write_text(json.dumps(full, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except FileExistsError:
        raise CallerError(f"{folder} is there already; nothing was overwritten. Name another folder.") from None
    return full


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a checkpoint. Raises CheckpointError for none, or for one of another kind or format."""
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
    except OSError:
        raise CheckpointError(
            f"{folder} is not a checkpoint: it has no {CARD}. Name the folder that `train` wrote."
        ) from None
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{folder / CARD} is not JSON ({error}). Train the projection again.") from None
    if isinstance(card, dict) and card.get("kind") == "encoders":
        raise CheckpointError(
            f"{folder} is no projection: these are two fine-tuned encoders; measure them with `evaluate --checkpoint`."
        )
    if not isinstance(card, dict) or card.get("kind") != "projection" or card.get("format") != FORMAT:
        raise CheckpointError(
            f"{folder / CARD} is not the card of a projection in format {FORMAT}. Train the projection again."
        )
    lacking = [key for key in ("method", "encoder", "settings", "files") if key not in card]
    parts = [part for part in ("encoder", "settings", "files") if not isinstance(card.get(part, {}), dict)]
    if parts:
        raise CheckpointError(
            f"{folder / CARD} is not a card: its {', '.join(parts)} must be an object. Train the projection again."
        )
    if lacking or "fingerprint" not in card["encoder"]:
        raise CheckpointError(
            f"{folder / CARD} lacks {', '.join(lacking) or 'the encoder fingerprint'}. Train the projection again."
        )
    return card


def read_checkpoint(folder: Path) -> Checkpoint:
    """Verify every file of a checkpoint against its card, then load it. Raises CheckpointError with the reason."""
    from mindgap.projections import METHODS

    card = read_card(folder)
    tensors: dict[str, Vectors] = {}
    hub_queries = None
    for name, expected in card["files"].items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise CheckpointError(f"{folder} lacks the file {Path(name).name} that its card names. Fetch it again.")
        if sha256_of(path) != expected:
            raise CheckpointError(f"{path} is damaged: its sha256 is not the one in the card. Fetch it again.")
        if name == CSLS:
            hub_queries = _load_file(path).get("queries")
        elif path.suffix == ".safetensors":
            tensors |= _load_file(path)
    if not all(np.isfinite(value).all() for value in tensors.values()):
        raise CheckpointError(f"The weights in {folder} are not all finite numbers. Train the projection again.")
    try:
        projection = METHODS.get(card["method"]).load(tensors, card["settings"])
    except (KeyError, RuntimeError, ValueError, TypeError, CallerError) as error:
        raise CheckpointError(
            f"The weights in {folder} do not fit their card ({error}). Train the projection again."
        ) from error
    if hub_queries is not None and hub_queries.ndim != 2:
        raise CheckpointError(f"{folder / CSLS} does not hold rows of embeddings. Train the projection again.")
    return Checkpoint(folder, card, projection, hub_queries)


def _load_file(path: Path) -> dict[str, Vectors]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return {name: value.astype(np.float32) for name, value in load_file(path).items()}
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a safetensors file ({error}). Fetch it again.") from error
