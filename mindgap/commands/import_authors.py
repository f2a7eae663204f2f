"""import: the checkpoint of the paper's authors as an encoder and a projection of this project."""

from __future__ import annotations

import argparse
from pathlib import Path

from mindgap.commands.base import Command, add_json, print_json
from mindgap.errors import CallerError


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="the authors' pytorch_model.bin, or the folder with it"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    from mindgap.encoders.authors import ENCODER, import_authors
    from mindgap.projections.authors import FILES, authors_file

    file = authors_file(asked.checkpoint)
    if file is None:
        raise CallerError(f"{asked.checkpoint} is neither a file of weights nor a folder with {FILES[0]}.")
    projection = import_authors(file, asked.output)
    if asked.json:
        print_json({"checkpoint": str(projection), "encoder": str(asked.output / ENCODER)})
    else:
        print(f"Encoder: {asked.output / ENCODER}\nProjection: {projection}")
        print(f"To measure it: python -m mindgap evaluate --task T --checkpoint {projection}")
    return 0


IMPORT = Command("import", "Take over the checkpoint of the paper's authors.", _arguments, _run)
"""See `mindgap.encoders.authors`."""
