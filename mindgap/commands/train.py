"""train: a projection on a task or on one's own pairs."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mindgap.commands.base import Command, add_json, positive, positive_real, print_json, progress_bar, say, seed
from mindgap.errors import CallerError
from mindgap.projections import DEFAULT_METHOD, METHODS
from mindgap.projections.base import Method, Recipe
from mindgap.tasks import TASKS

if TYPE_CHECKING:
    from mindgap.training.trainer import Epoch

LISTED_WARNINGS = 20


def _arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--task", help=f"one of: {', '.join(TASKS.names())}")
    source.add_argument("--pairs", type=Path, metavar="FILE", help="your own pairs: .csv, .tsv or .jsonl")
    parser.add_argument(
        "--encoder", required=True, metavar="E", help="minilm, compact, codebert, mpnet, a Hub id or a folder"
    )
    parser.add_argument(
        "--method", default=DEFAULT_METHOD, metavar="M", help=f"{', '.join(METHODS.names())} (default {DEFAULT_METHOD})"
    )
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the pairs (default: the method's)")
    parser.add_argument("--batch-size", type=positive, metavar="B", help="pairs in a batch (default: the method's)")
    parser.add_argument("--learning-rate", type=positive_real, metavar="X", help="of Adam (default: the method's)")
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="S", help="of shuffling and initial weights (default 0)"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder for the checkpoint")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    from mindgap.models import Models, resolve_model
    from mindgap.tasks.pairs_file import distinct_pairs, read_pairs
    from mindgap.training.run import pairs_data, task_data, train_checkpoint

    method = METHODS.get(asked.method)
    recipe = _recipe(method, asked)
    if asked.output.exists():
        raise CallerError(
            f"{asked.output} is there already; nothing was overwritten. Name another folder with --output."
        )
    if asked.task:
        data = task_data(TASKS.get(asked.task), asked.seed)
    else:
        pairs, repeated = distinct_pairs(read_pairs(asked.pairs))
        _warn(repeated)
        data = pairs_data(pairs, asked.pairs.name, asked.seed)
    models = Models()
    encoder = models.encoder(resolve_model(asked.encoder))
    bar = progress_bar("training")

    def on_epoch(epoch: Epoch, total: int) -> None:
        bar(epoch.epoch, total)
        if not asked.json:
            say(
                f"epoch {epoch.epoch}/{total}  loss {epoch.loss:.4f}  "
                f"validation accuracy {_share(epoch.validation_accuracy)}"
            )

    report = train_checkpoint(
        data,
        encoder,
        method,
        asked.output,
        models.store.embed,
        recipe,
        asked.seed,
        progress_bar("encoding"),
        on_epoch,
        source=asked.encoder,
    )
    if asked.json:
        print_json(report.to_json())
    else:
        print(
            f"{report.method} on {report.pairs:,} pairs in {report.seconds:.1f} s, "
            f"validation accuracy {_share(report.validation_accuracy)}: {report.checkpoint}"
        )
    return 0


def _warn(repeated: Sequence[str]) -> None:
    """Each repeated pair that was left out, the first ones by their lines."""
    for sentence in repeated[:LISTED_WARNINGS]:
        say(f"warning: {sentence}, left out")
    if len(repeated) > LISTED_WARNINGS:
        say(f"warning: {len(repeated) - LISTED_WARNINGS:,} more repeated pairs left out")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _recipe(method: Method, asked: argparse.Namespace) -> Recipe | None:
    given = {
        name: value for name in ("epochs", "batch_size", "learning_rate") if (value := getattr(asked, name)) is not None
    }
    if method.recipe is None:
        if given:
            names = ", ".join("--" + name.replace("_", "-") for name in given)
            raise CallerError(f"{method.name} is solved in closed form and takes no {names}. Leave it out.")
        return None
    if given.get("batch_size", 2) < 2:
        raise CallerError("--batch-size must be at least 2: the other pairs of a batch are the negatives.")
    return dataclasses.replace(method.recipe, **given)


TRAIN = Command("train", "Train a projection on a task or on your own pairs.", _arguments, _run)
