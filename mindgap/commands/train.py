"""train: a projection on a task or on one's own pairs."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mindgap.commands.base import Command, add_json, positive, positive_real, print_json, progress_bar, say, seed
from mindgap.commands.paper_source import add_data, paper_pairs
from mindgap.errors import CallerError
from mindgap.projections import DEFAULT_METHOD, METHODS, PAPER_METHOD
from mindgap.projections.base import Method, Recipe
from mindgap.tasks import TASKS

if TYPE_CHECKING:
    from mindgap.training.run import TrainingData, TrainingReport
    from mindgap.training.trainer import Epoch, EpochSeen

LISTED_WARNINGS = 20


def _arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--task", help=f"one of: {', '.join(TASKS.names())}")
    source.add_argument("--pairs", type=Path, metavar="FILE", help="your own pairs: .csv, .tsv or .jsonl")
    add_data(parser)
    parser.add_argument(
        "--encoder", required=True, metavar="E", help="minilm, compact, codebert, mpnet, a Hub id or a folder"
    )
    parser.add_argument(
        "--method",
        metavar="M",
        help=f"{', '.join(METHODS.names())} (default {DEFAULT_METHOD}; with --fine-tune-encoders {PAPER_METHOD})",
    )
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the pairs (default: the method's)")
    parser.add_argument("--batch-size", type=positive, metavar="B", help="pairs in a batch (default: the method's)")
    parser.add_argument("--learning-rate", type=positive_real, metavar="X", help="of Adam (default: the method's)")
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="S", help="of shuffling and initial weights (default 0)"
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="train on the first N training pairs only")
    parser.add_argument(
        "--fine-tune-encoders",
        action="store_true",
        help="no projection: train a query and a document encoder end to end, both begun from --encoder",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder for the checkpoint")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    if asked.output.exists():
        raise CallerError(
            f"{asked.output} is there already; nothing was overwritten. Name another folder with --output."
        )
    report = _fine_tune(asked) if asked.fine_tune_encoders else _train_projection(asked)
    if asked.json:
        print_json(report.to_json())
    else:
        what = f"two encoders fine-tuned by {report.method}" if asked.fine_tune_encoders else report.method
        print(
            f"{what} on {report.pairs:,} pairs in {report.seconds:.1f} s, "
            f"validation accuracy {_share(report.validation_accuracy)}: {report.checkpoint}"
        )
    return 0


def _train_projection(asked: argparse.Namespace) -> TrainingReport:
    from mindgap.models import Models, resolve_model
    from mindgap.training.run import train_checkpoint

    method = METHODS.get(asked.method or DEFAULT_METHOD)
    recipe = _recipe(method, asked)
    data = _data(asked)
    models = Models()
    return train_checkpoint(
        data,
        models.encoder(resolve_model(asked.encoder)),
        method,
        asked.output,
        models.store.embed,
        recipe,
        asked.seed,
        progress_bar("encoding"),
        _epoch_seen(asked),
        source=asked.encoder,
    )


def _fine_tune(asked: argparse.Namespace) -> TrainingReport:
    from mindgap.models import resolve_model
    from mindgap.training.fine_tuning import FINE_TUNING, fine_tune_encoders

    if asked.method not in (None, *FINE_TUNING):
        raise CallerError(f"--fine-tune-encoders takes --method {' or '.join(FINE_TUNING)}, not {asked.method!r}.")
    recipe = _changed(FINE_TUNING[asked.method or PAPER_METHOD], asked)
    return fine_tune_encoders(
        _data(asked),
        resolve_model(asked.encoder),
        asked.method or PAPER_METHOD,
        asked.output,
        recipe,
        asked.seed,
        progress_bar("steps"),
        None if asked.json else _show_epoch,
        asked.encoder,
        say,
    )


def _data(asked: argparse.Namespace) -> TrainingData:
    """The pairs asked for, cut by --limit; what was noticed about them is said."""
    from mindgap.tasks.pairs_file import distinct_pairs, read_pairs
    from mindgap.training.run import pairs_data, task_data

    paper = paper_pairs(asked, train=True)
    if paper:
        pairs, repeated = distinct_pairs(paper.pairs)
        for note in (*paper.notes, *([f"{len(repeated):,} repeated rows left out"] if repeated else [])):
            say(f"note: {note}")
        data = dataclasses.replace(pairs_data(pairs, paper.source, asked.seed), task=asked.task)
    elif asked.task:
        data = task_data(TASKS.get(asked.task), asked.seed)
    else:
        pairs, repeated = distinct_pairs(read_pairs(asked.pairs))
        _warn(repeated)
        data = pairs_data(pairs, asked.pairs.name, asked.seed)
    return dataclasses.replace(data, train=data.train[: asked.limit], options=_options(asked))


def _options(asked: argparse.Namespace) -> str:
    """How these pairs are asked for again; a file of the caller's own is not named."""
    parts = [f"--task {asked.task}" if asked.task else "--pairs FILE"]
    parts += ["--data paper"] * (asked.data == "paper")
    parts += [f"--columns {shlex.quote(asked.columns)}"] if asked.columns else []
    parts += [f"--limit {asked.limit}"] * bool(asked.limit)
    return " ".join(parts)


def _epoch_seen(asked: argparse.Namespace) -> EpochSeen:
    bar = progress_bar("training")

    def on_epoch(epoch: Epoch, total: int) -> None:
        bar(epoch.epoch, total)
        if not asked.json:
            _show_epoch(epoch, total)

    return on_epoch


def _show_epoch(epoch: Epoch, total: int) -> None:
    say(f"epoch {epoch.epoch}/{total}  loss {epoch.loss:.4f}  validation accuracy {_share(epoch.validation_accuracy)}")


def _warn(repeated: Sequence[str]) -> None:
    """Each repeated pair that was left out, the first ones by their lines."""
    for sentence in repeated[:LISTED_WARNINGS]:
        say(f"warning: {sentence}, left out")
    if len(repeated) > LISTED_WARNINGS:
        say(f"warning: {len(repeated) - LISTED_WARNINGS:,} more repeated pairs left out")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _recipe(method: Method, asked: argparse.Namespace) -> Recipe | None:
    if method.recipe is not None:
        return _changed(method.recipe, asked)
    given = _given(asked)
    if given:
        names = ", ".join("--" + name.replace("_", "-") for name in given)
        raise CallerError(f"{method.name} is solved in closed form and takes no {names}. Leave it out.")
    return None


def _given(asked: argparse.Namespace) -> dict[str, Any]:
    return {
        name: value for name in ("epochs", "batch_size", "learning_rate") if (value := getattr(asked, name)) is not None
    }


def _changed(recipe: Recipe, asked: argparse.Namespace) -> Recipe:
    """The recipe with what the caller sets himself. Raises CallerError for a batch without negatives."""
    given = _given(asked)
    if given.get("batch_size", 2) < 2:
        raise CallerError("--batch-size must be at least 2: the other pairs of a batch are the negatives.")
    return dataclasses.replace(recipe, **given)


TRAIN = Command("train", "Train a projection on a task or on your own pairs.", _arguments, _run)
