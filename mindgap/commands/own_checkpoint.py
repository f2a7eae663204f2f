"""--checkpoint: a projection, two fine-tuned encoders, or the checkpoint of the paper's authors as they saved it."""

from __future__ import annotations

from pathlib import Path

from mindgap import paths
from mindgap.commands.base import say
from mindgap.encoders.pair import EncoderPair, is_encoder_pair, read_encoder_pair
from mindgap.errors import CallerError, Unavailable
from mindgap.files import sha256_of
from mindgap.projections.authors import authors_file
from mindgap.projections.checkpoint import Checkpoint, CheckpointError, read_checkpoint
from mindgap.text import unwritable

CURE = "Set MINDGAP_CACHE to a folder that can be written."


def open_checkpoint(path: Path) -> Checkpoint | EncoderPair:
    """What lies at `path`; the authors' format is converted once, into the cache.

    Raises CallerError (CheckpointError) with the reason where it cannot be used.
    """
    file = authors_file(path)
    if file is not None:
        return read_checkpoint(_converted(file))
    if is_encoder_pair(path):
        return read_encoder_pair(path)
    return read_checkpoint(path)


def _converted(file: Path) -> Path:
    from mindgap.encoders.authors import PROJECTION, import_authors

    folder = paths.cache() / "imported" / sha256_of(file)[:24]
    try:
        if (folder / PROJECTION).is_dir():
            return folder / PROJECTION
    except OSError as error:
        raise CallerError(unwritable(folder, error, CURE)) from error
    say(f"The authors' checkpoint {file} is converted once, into {folder}.")
    try:
        return import_authors(file, folder, CURE)
    except Unavailable as missing:
        raise CheckpointError(f"{missing.reason}: {missing.cure.rstrip('.')}.") from missing
