"""export: a checkpoint as a plain sentence-transformers model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mindgap.commands.base import Command, add_json, positive, print_json, print_table, progress_bar, say
from mindgap.errors import CallerError
from mindgap.tasks import TASKS

if TYPE_CHECKING:
    from mindgap.exporting.evaluation import Verification
    from mindgap.exporting.export import Export
    from mindgap.projections.checkpoint import Checkpoint

LARGE_BYTES = 10_000_000


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="the folder of a projection")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder for the model")
    parser.add_argument(
        "--verify", action="store_true", help="load the export with sentence-transformers and compare its answers"
    )
    parser.add_argument("--verify-limit", type=positive, metavar="N", help="compare the first N test queries alone")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    from mindgap.exporting.evaluation import require_library
    from mindgap.exporting.export import export_checkpoint, find_checkpoint

    if asked.verify_limit and not asked.verify:
        raise CallerError("--verify-limit says how many queries --verify asks; add --verify.")
    checkpoint = find_checkpoint(asked.checkpoint)
    task = _task_to_verify(checkpoint) if asked.verify else None
    if task:
        require_library()
    export = export_checkpoint(checkpoint, asked.output)
    if not asked.json:
        _print(export)
    found = _verify(checkpoint, asked.output, task, asked.verify_limit) if task else None
    if asked.json:
        print_json(export.to_json() | {"verification": found.to_json() if found else None})
    elif found:
        _print_verification(found)
    if found and not found.holds:
        say(f"mindgap: the model in {asked.output} does not give the scores of the checkpoint; do not use it.")
        return 1
    return 0


def _task_to_verify(checkpoint: Checkpoint) -> str:
    task = checkpoint.card.get("task")
    if not task:
        raise CallerError("The projection was trained on own pairs and has no test split; leave --verify out.")
    return TASKS.get(str(task)).name


def _verify(checkpoint: Checkpoint, folder: Path, task: str, limit: int | None) -> Verification:
    from mindgap.exporting.evaluation import verify
    from mindgap.exporting.export import checkpoint_encoder

    spec = checkpoint_encoder(checkpoint)
    return verify(folder, checkpoint.projection, spec, task, limit=limit, progress_for=progress_bar)


def _print(export: Export) -> None:
    print(
        f"{export.encoder} + {export.method} ({export.task or 'own pairs'}), "
        f"{export.bytes / 1e6:.1f} MB as a sentence-transformers model: {export.model}"
    )
    if export.largest > LARGE_BYTES:
        largest = f"{export.largest / 1e6:.1f} MB"
        print(f"The largest file has {largest}: `hf upload` sends it as it is, git needs LFS for it.")


def _print_verification(found: Verification) -> None:
    print(f"\n{found.task}, {found.split}: {found.queries:,} queries, {found.documents:,} documents\n")
    rows = [[name, *side.values()] for name, side in (("here", found.here), ("exported", found.exported))]
    print_table(rows, ["model", *found.here])
    print(
        f"\nSame first document for {found.same_top_1:,} of {found.queries:,} queries; "
        f"largest difference of a score {found.largest_difference:.1e}"
    )


EXPORT = Command(
    "export", "Write a projection and its encoder as a plain sentence-transformers model.", _arguments, _run
)
