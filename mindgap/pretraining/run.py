"""From settings to a model's folder: gather the text, train, round, measure, write."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from mindgap.encoders.base import Progress
from mindgap.encoders.device import choose_device
from mindgap.encoders.locate import INDEX, locate
from mindgap.encoders.spec import Folder, ModelSpec
from mindgap.errors import CallerError, Unavailable
from mindgap.pretraining import cards
from mindgap.pretraining.config import DprConfig, EncoderConfig
from mindgap.pretraining.measure import question_accuracy, raw_accuracy
from mindgap.pretraining.mlm import pretrain
from mindgap.pretraining.output import round_half, write_encoder, write_tower
from mindgap.pretraining.questions import asked_of_split
from mindgap.pretraining.state import Curve, drop_state
from mindgap.pretraining.text import pretraining_texts, split_texts
from mindgap.pretraining.towers import train_towers

HELD_OUT_TEXTS = 300
SIDES = ("question", "context")

Seen = Callable[[Curve], None]


def unfinished(output: Path) -> Path:
    """Where a training that will end in `output` keeps its state."""
    return output.with_name(output.name + ".unfinished")


def make_encoder(
    config: EncoderConfig, output: Path, seed: int = 0, progress: Progress | None = None, seen: Seen | None = None
) -> dict[str, Any]:
    """Pre-train the encoder and write it to `output`; what an earlier run left unfinished is taken up.

    Returns its card. Raises CallerError when `output` is there already (before any work).
    """
    _refuse(output)
    texts = pretraining_texts(config.generated, seed)
    every = split_texts("validation")
    held_out = every[:: max(1, len(every) // HELD_OUT_TEXTS)]
    made = pretrain(config, texts, held_out, seed, unfinished(output), progress, seen, choose_device())
    model = made.model.distilbert
    round_half(model)
    card = cards.encoder_card(config, made, len(texts), seed, hardware(), raw_accuracy(model, made.tokenizer))
    write_encoder(output, model, made.tokenizer, card)
    drop_state(unfinished(output))
    return card


def make_dpr(
    config: DprConfig,
    encoder: Path,
    output: Path,
    seed: int = 0,
    progress: Progress | None = None,
    seen: Seen | None = None,
) -> dict[str, Any]:
    """Train the two towers and write them as <output>-question and <output>-context; resumable like `make_encoder`."""
    if not output.name:
        _refuse(output)
    begun = unfinished(output).exists()
    folders = {side: output.with_name(f"{output.name}-{side}") for side in SIDES}
    for folder in folders.values():
        # a training that was killed between writing the one and the other goes on with the other
        _refuse(folder, unless=begun)
    _require_encoder(encoder)
    train = asked_of_split("train", config.hard_negatives)
    held_out = asked_of_split("validation", config.hard_negatives)
    made = train_towers(config, encoder, train, held_out, seed, unfinished(output), progress, seen, choose_device())
    round_half(made.towers)
    metrics = question_accuracy(made.towers.question, made.towers.context, made.tokenizer, held_out)
    own = made.towers.trained_names()
    card: dict[str, Any] = {}
    for side, folder in folders.items():
        card = cards.tower_card(config, made.curve, side, train, seed, hardware(), metrics)
        if not folder.exists():
            write_tower(folder, getattr(made.towers, side), own, encoder, made.tokenizer, card)
    drop_state(unfinished(output))
    return card


def _refuse(folder: Path, unless: bool = False) -> None:
    """Raise CallerError where `folder` is there already, or cannot be made: before hours of work, not after."""
    try:
        if (folder.exists() and not unless) or not folder.name:
            raise CallerError(
                f"{folder} is there already; nothing was overwritten. Name another with --output, or remove it."
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-"):
            pass
        folder.with_name(folder.name + ".unfinished").exists()
    except OSError as error:
        raise CallerError(f"{folder} cannot be written ({error}). Name another folder with --output.") from error


def _require_encoder(folder: Path) -> None:
    """Raise CallerError unless `pretrain encoder` made what lies in `folder`, and it is whole."""
    make = "make one with `python -m mindgap pretrain encoder`"
    try:
        locate(ModelSpec("encoder", "encoder", Folder(str(folder.resolve()), f"There is no model in {folder}", make)))
        described = json.loads((folder / "config.json").read_text("utf-8"))
        fits = described.get("model_type") == "distilbert" and (folder / INDEX).is_file()
    except (Unavailable, OSError, ValueError, AttributeError) as error:
        raise CallerError(f"The towers cannot begin from {folder}. {error}") from error
    if not fits:
        raise CallerError(f"The towers begin from a compact encoder of this project, and {folder} is none: {make}.")


def hardware() -> str:
    """What the training ran on, in words."""
    device = choose_device()
    if device == "cuda":
        return str(torch.cuda.get_device_name())
    if device != "cpu":
        return f"{device} ({platform.machine()})"
    return f"{os.cpu_count()} CPU cores ({platform.machine()}), {torch.get_num_threads()} threads"
