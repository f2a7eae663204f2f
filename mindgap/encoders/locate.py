"""From a model's specification to a verified folder of files on this machine. Nothing is downloaded here."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from pathlib import Path

from mindgap import paths
from mindgap.encoders.spec import Folder, Hub, ModelSpec, Package
from mindgap.errors import Unavailable
from mindgap.files import sha256_of

INDEX = "model.safetensors.index.json"
RECORD = "training.json"
"""Beside the models of this project: how they were made, and the SHA-256 of each file."""
_WEIGHTS = ("*.safetensors", "*.bin")
_ALSO_HASHED = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt")


def locate(spec: ModelSpec) -> Path:
    """The folder with the model's files. Raises Unavailable with the reason and the one command that brings it."""
    source = spec.source
    if isinstance(source, Package):
        return _in_package(spec, source)
    if isinstance(source, Hub):
        return _in_hub_cache(source)
    return _in_folder(source)


def _in_package(spec: ModelSpec, source: Package) -> Path:
    cure = f"run `pip install --force-reinstall {source.distribution}`"
    try:
        files = importlib.metadata.distribution(source.distribution.split("==")[0])
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable(f"The package with {spec.label} is not installed", cure) from None
    folder = Path(str(files.locate_file(source.folder)))
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise Unavailable(f"The weights of {spec.label} are missing from {folder}", cure)
    found = sha256_of(weights)
    if found != source.weights_sha256:
        raise Unavailable(f"The weights of {spec.label} are not the published ones (sha256 {found[:12]}…)", cure)
    return folder


def _in_hub_cache(source: Hub) -> Path:
    from mindgap.hub.models import model_folder

    return model_folder(source.repository, source.revision, f"with a network, run `{source.command}`")


def _in_folder(source: Folder) -> Path:
    folder = Path(source.path) if Path(source.path).is_absolute() else paths.checkpoints() / source.path
    if not (folder / "config.json").is_file():
        reason = source.missing_reason or f"There is no model in {folder}"
        raise Unavailable(reason, source.missing_cure or "name a folder that has config.json and the weights.")
    missing = [path.name for path in weight_files(folder) if not path.is_file()]
    if missing or not weight_files(folder):
        raise Unavailable(
            f"The model in {folder} is not whole: {missing[0] if missing else 'its weights'} is missing",
            source.missing_cure or "copy the folder again.",
        )
    if changed := _changed_file(folder):
        cure = source.missing_cure or "copy the folder again."
        raise Unavailable(f"{changed} of the model in {folder} is not as it was written", cure)
    return folder


def _changed_file(folder: Path) -> str | None:
    """The first file that is not what the record of a pre-training says; None where all are."""
    if not (folder / RECORD).is_file():
        return None
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        if not isinstance(record, dict) or "shared_files" not in record:
            return None  # another program's file of that name says nothing about ours
        expected = list((record["files"] | record["shared_files"]).items())
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return RECORD
    for name, sha256 in expected:
        path = folder / name
        if not path.is_file() or sha256_of(path) != sha256:
            return path.name
    return None


def weight_files(folder: Path) -> list[Path]:
    """The weights of the model in a folder: the shards of its index where it has one, else its safetensors, else .bin.

    An index may name files of a folder beside it (the towers share the encoder's); one that it names may be missing.
    """
    if (folder / INDEX).is_file():
        try:
            placed = json.loads((folder / INDEX).read_text("utf-8"))["weight_map"]
            return [folder / name for name in sorted(set(placed.values()))]
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return []
    for pattern in _WEIGHTS:
        if found := sorted(folder.glob(pattern)):
            return found
    return []


def files_fingerprint(folder: Path) -> str:
    """SHA-256 over the weights, configuration and tokenizer files of a model's folder."""
    digest = hashlib.sha256()
    also = [folder / name for name in (INDEX, *_ALSO_HASHED) if (folder / name).is_file()]
    for path in weight_files(folder) + also:
        digest.update(f"{path.name}:{sha256_of(path)};".encode())
    return digest.hexdigest()
