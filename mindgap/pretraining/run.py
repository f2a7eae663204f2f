"""From settings to a model's folder: gather the text, train, round, measure, write."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from mindgap.encoders.base import Progress
from mindgap.encoders.device import choose_device
from mindgap.errors import CallerError
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
    folders = [output.with_name(f"{output.name}-{side}") for side in SIDES]
    for folder in folders:
        _refuse(folder)
    if not (encoder / "config.json").is_file():
        raise CallerError(f"There is no model in {encoder}: make it with `python -m mindgap pretrain encoder`.")
    train = asked_of_split("train", config.hard_negatives)
    held_out = asked_of_split("validation", config.hard_negatives)
    made = train_towers(config, encoder, train, held_out, seed, unfinished(output), progress, seen, choose_device())
    round_half(made.towers)
    metrics = question_accuracy(made.towers.question, made.towers.context, made.tokenizer, held_out)
    own = made.towers.trained_names()
    card: dict[str, Any] = {}
    for side, folder in zip(SIDES, folders, strict=True):
        card = cards.tower_card(config, made.curve, side, train, seed, hardware(), metrics)
        write_tower(folder, getattr(made.towers, side), own, encoder, made.tokenizer, card)
    drop_state(unfinished(output))
    return card


def _refuse(folder: Path) -> None:
    if folder.exists():
        raise CallerError(
            f"{folder} is there already; nothing was overwritten. Name another with --output, or remove it."
        )


def hardware() -> str:
    """What the training ran on, in words."""
    if choose_device() == "cuda":
        return str(torch.cuda.get_device_name())
    return f"{os.cpu_count()} CPU cores ({platform.machine()}), {torch.get_num_threads()} threads"
