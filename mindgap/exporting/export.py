"""From a checkpoint's folder to a folder that sentence-transformers loads by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mindgap import paths
from mindgap.encoders.spec import ModelSpec
from mindgap.errors import CallerError
from mindgap.exporting.card import export_card
from mindgap.exporting.encoder import EncoderStep, encoder_steps
from mindgap.exporting.folder import write_model
from mindgap.exporting.steps import MapStep, Normalise, checked_steps
from mindgap.files import new_folder
from mindgap.models import Models, card_encoder, card_model
from mindgap.presets import PRESETS
from mindgap.projections.checkpoint import CARD, Checkpoint, CheckpointError, read_checkpoint
from mindgap.text import unwritable


@dataclass(frozen=True)
class Export:
    """What was written. `bytes` is the size of all files, `largest` that of the largest."""

    model: str
    checkpoint: str
    method: str
    encoder: str
    task: str | None
    bytes: int
    largest: int

    def to_json(self) -> dict[str, Any]:
        """The JSON of `export`, without the verification."""
        return asdict(self)


def find_checkpoint(folder: Path) -> Checkpoint:
    """The verified checkpoint in `folder`. Raises CheckpointError; a shipped one's short name gets its path named."""
    if folder.exists():
        return read_checkpoint(folder)
    shipped = [paths.checkpoints() / preset / folder for preset in PRESETS.names()]
    there = next((path for path in shipped if (path / CARD).is_file()), None)
    cure = f"Did you mean {there}?" if there else "Name the folder that `train` wrote."
    raise CheckpointError(f"There is no folder {folder}. {cure}")


def checkpoint_encoder(checkpoint: Checkpoint) -> ModelSpec:
    """The specification of the encoder that the checkpoint's card names. Raises CheckpointError where it names none."""
    return card_model(checkpoint)


def export_checkpoint(checkpoint: Checkpoint, output: Path, models: Models | None = None) -> Export:
    """Write the checkpoint's encoder and projection to the new folder `output` as a sentence-transformers model.

    Raises CallerError where `output` is there already or cannot be written, CheckpointError where the encoder is not to
    be had or is another one, Failure where the projection cannot be written as plain layers. All or nothing is written.
    """
    from safetensors import SafetensorError

    if output.exists():
        raise CallerError(f"{output} is there already; nothing was overwritten. Name another folder with --output.")
    encoder = card_encoder(checkpoint, models or Models())
    spec = checkpoint_encoder(checkpoint)
    query_map, document_map = checked_steps(checkpoint.projection, encoder.dimension)
    shared = encoder_steps(spec, encoder.max_length)
    try:
        with new_folder(output) as folder:
            write_model(folder, _route(shared, query_map), _route(shared, document_map))
            (folder / "README.md").write_text(export_card(checkpoint.card, spec, encoder.max_length), "utf-8")
    except (OSError, SafetensorError) as error:
        raise CallerError(unwritable(output, error, "Name another folder with --output.")) from error
    sizes = [path.stat().st_size for path in output.rglob("*") if path.is_file()]
    task = checkpoint.card.get("task")
    return Export(str(output), str(checkpoint.folder), checkpoint.method, encoder.label, task, sum(sizes), max(sizes))


def _route(encoder: list[EncoderStep], mapped: list[MapStep]) -> list[EncoderStep]:
    """Encoder, map, and a scaling to length 1, so that dot product and cosine agree; never two scalings in a row."""
    route: list[EncoderStep] = []
    for step in [*encoder, *mapped, Normalise()]:
        if not (isinstance(step, Normalise) and isinstance(route[-1], Normalise)):
            route.append(step)
    return route
