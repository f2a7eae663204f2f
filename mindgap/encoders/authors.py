"""The checkpoint of the paper's authors made into an encoder folder and a projection checkpoint of this project."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from mindgap.encoders.locate import locate
from mindgap.encoders.spec import Folder, ModelSpec
from mindgap.errors import CallerError, Unavailable
from mindgap.files import new_folder, sha256_of
from mindgap.presets import CODEBERT
from mindgap.projections.authors import AuthorsModel, read_authors
from mindgap.projections.checkpoint import round_half, write_checkpoint
from mindgap.projections.n_pairs import N_PAIRS
from mindgap.text import printable, unwritable

ENCODER, PROJECTION = "encoder", "projection"
"""Folders of an imported checkpoint."""

MODEL = "the authors' checkpoint"
_TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt",
    "added_tokens.json",
)  # fmt: skip


def import_authors(file: Path, output: Path, cure: str = "Name another folder with --output.") -> Path:
    """Write `output`/encoder (a RoBERTa encoder) and `output`/projection (a checkpoint, whose folder is returned).

    The encoder keeps its precision; the projection is rounded to half, as every checkpoint is. The tokenizer comes from
    the files beside the weights, else it is that of microsoft/codebert-base, which the authors started from.

    Raises:
        CallerError: `output` is there already or cannot be written (with `cure`), or the weights are not the authors'
            (see `read_authors`).
        Unavailable: no tokenizer beside the weights, and CodeBERT's is not on this machine.
    """
    from safetensors import SafetensorError

    _refuse_existing(output, cure)
    model = read_authors(file)
    try:
        with new_folder(output) as made:
            encoder = _write_encoder(model, file, made / ENCODER)
            _write_projection(model, file, made / PROJECTION, encoder)
    except (OSError, SafetensorError) as error:
        _refuse_existing(output, cure)  # made by another process meanwhile
        raise CallerError(unwritable(output, error, cure)) from error
    return output / PROJECTION


def _refuse_existing(output: Path, cure: str) -> None:
    try:
        there = output.exists()
    except OSError as error:
        raise CallerError(unwritable(output, error, cure)) from error
    if there:
        raise CallerError(f"{output} is there already; nothing was overwritten. {cure}")


def _write_encoder(model: AuthorsModel, file: Path, folder: Path) -> Any:
    """The encoder, loaded again as it was written."""
    import transformers

    from mindgap.encoders.transformer import load_encoder

    pooled = "pooler.dense.weight" in model.encoder
    roberta = transformers.RobertaModel(transformers.RobertaConfig(**model.config), add_pooling_layer=pooled)
    try:
        roberta.load_state_dict(model.encoder)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise CallerError(f"The encoder in {file} is not RoBERTa's ({reason}). Fetch it again.") from error
    roberta.save_pretrained(folder)
    _copy_tokenizer(file.parent, folder)
    try:
        encoder = load_encoder(ModelSpec(ENCODER, MODEL, Folder(str(folder.resolve()))), "cpu")
        tried = encoder.encode(["Add two numbers."])
    except (Unavailable, ValueError, OSError, IndexError, RuntimeError) as error:
        reason = printable(" ".join(str(getattr(error, "reason", error)).split()), 200)
        raise CallerError(f"The encoder in {file} does not work with its tokenizer ({reason}).") from error
    if not np.isfinite(tried).all():
        raise CallerError(f"The encoder in {file} gives no finite numbers. Fetch it again.")
    return encoder


def _copy_tokenizer(beside: Path, folder: Path) -> None:
    source = beside
    if not (beside / "tokenizer.json").is_file() and not (beside / "vocab.json").is_file():
        try:
            source = locate(CODEBERT)
        except Unavailable as missing:
            raise Unavailable(
                f"There are no tokenizer files in {beside}, and those of {CODEBERT.label} are not on this machine",
                f"put tokenizer.json, or vocab.json and merges.txt, beside the weights, or {missing.cure}",
            ) from None
    for name in _TOKENIZER:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def _write_projection(model: AuthorsModel, file: Path, folder: Path, encoder: Any) -> None:
    tensors = {name: value.float().numpy() for name, value in model.projection.items()}
    settings = {"hidden": int(model.projection["0.weight"].shape[0])}
    card = {
        "method": N_PAIRS.name,
        "label": MODEL,
        "model": f"{MODEL} (c_code_encoder + projection)",
        "preset": None,
        "task": None,
        # beside this folder, wherever both are moved to
        "encoder": {
            "name": ENCODER,
            "label": f"the encoder of {MODEL}",
            "fingerprint": encoder.fingerprint,
            "source": f"../{ENCODER}",
        },
        "dimensions": {"query": encoder.dimension, "document": encoder.dimension},
        "settings": settings,
        "data": {"source": MODEL, "file": file.name, "sha256": sha256_of(file)},
    }
    write_checkpoint(folder, round_half(N_PAIRS.load(tensors, settings), N_PAIRS, settings), card)
