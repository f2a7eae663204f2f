"""A training that can be killed: its weights, the optimiser's averages and its curve on disk, without pickle."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from mindgap.errors import CallerError, Failure
from mindgap.files import new_folder

_STATE, _WEIGHTS, _AVERAGES = "state.json", "weights.safetensors", "averages.safetensors"


@dataclass
class Curve:
    """What a training has done so far.

    Attributes:
        step: optimiser steps made.
        points: one dict a look: step, loss (mean since the last look), held_out_loss.
        seconds: of training, looks included, over all its runs.
    """

    step: int = 0
    points: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0


def save_state(folder: Path, key: str, model: torch.nn.Module, optimiser: torch.optim.Optimizer, curve: Curve) -> None:
    """Write everything that `load_state` needs; the state before it is there until this one is complete.

    Raises Failure where it cannot be written.
    """
    fresh, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        with new_folder(fresh) as made:
            save_file(_weights(model), made / _WEIGHTS)
            save_file(_averages(model, optimiser), made / _AVERAGES)
            state = {"key": key, "step": curve.step, "points": curve.points, "seconds": curve.seconds}
            (made / _STATE).write_text(json.dumps(state), "utf-8")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        raise Failure(
            f"The training cannot be kept in {folder} ({error}). Make room there, then give the same command again: "
            "it goes on from what was kept last."
        ) from error


def load_state(folder: Path, key: str, model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> Curve | None:
    """Put a saved state into `model` and `optimiser`; None where there is none.

    Raises CallerError for a state of other settings or texts (`key`), or one that cannot be read.
    """
    # killed between the two renames of save_state, the complete state still has one of these names
    found = next(
        (
            f
            for f in (folder, folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old"))
            if (f / _STATE).is_file()
        ),
        None,
    )
    if found is None:
        return None
    try:
        state: dict[str, Any] = json.loads((found / _STATE).read_text("utf-8"))
        if state["key"] != key:
            raise CallerError(
                f"{found} holds an unfinished training with other settings or other text. "
                "Remove it to begin anew, or give the settings it was begun with."
            )
        weights = load_file(found / _WEIGHTS)
        if missing := dict(model.named_parameters()).keys() - weights.keys():
            raise ValueError(f"{len(missing)} weights are missing")
        # not strict: of tied weights only one name is kept
        model.load_state_dict(weights, strict=False)
        _restore(model, optimiser, load_file(found / _AVERAGES))
        return Curve(state["step"], state["points"], state["seconds"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError, RuntimeError) as error:
        raise CallerError(
            f"The unfinished training in {found} cannot be read ({error}). Remove it to begin anew."
        ) from error


def drop_state(folder: Path) -> None:
    """Remove what `save_state` wrote."""
    for suffix in ("", ".new", ".old"):
        shutil.rmtree(folder.with_name(folder.name + suffix), ignore_errors=True)


def _weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Each trained or fixed weight once: tied ones have one name in named_parameters."""
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def _averages(model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for name, weight in model.named_parameters():
        for part, value in optimiser.state.get(weight, {}).items():
            found[f"{name}|{part}"] = value.detach().clone().reshape(value.shape or (1,))
    return found


def _restore(model: torch.nn.Module, optimiser: torch.optim.Optimizer, averages: dict[str, torch.Tensor]) -> None:
    weights = dict(model.named_parameters())
    for key, value in averages.items():
        name, part = key.rsplit("|", 1)
        kept = value.reshape(()) if part == "step" else value
        optimiser.state[weights[name]][part] = kept.to(weights[name].device)
