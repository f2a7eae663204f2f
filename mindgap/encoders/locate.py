"""From a model's specification to a verified folder of files on this machine. Nothing is downloaded here."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

from mindgap import paths
from mindgap.encoders.spec import Folder, Hub, ModelSpec, Package
from mindgap.errors import Unavailable
from mindgap.files import sha256_of

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
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    cure = f"with a network, run `hf download {source.repository}`"
    try:
        folder = Path(snapshot_download(source.repository, local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError):
        raise Unavailable(f"{source.repository} has not been downloaded to this machine", cure) from None
    if not (folder / "config.json").is_file() or not weight_files(folder):
        raise Unavailable(f"{source.repository} is only partly on this machine", cure)
    return folder


def _in_folder(source: Folder) -> Path:
    folder = Path(source.path) if Path(source.path).is_absolute() else paths.checkpoints() / source.path
    if not (folder / "config.json").is_file() or not weight_files(folder):
        reason = source.missing_reason or f"There is no model in {folder}"
        raise Unavailable(reason, source.missing_cure or "name a folder that has config.json and the weights.")
    return folder


def weight_files(folder: Path) -> list[Path]:
    """The weights in a model's folder: safetensors where there are any, else .bin."""
    for pattern in _WEIGHTS:
        if found := sorted(folder.glob(pattern)):
            return found
    return []


def files_fingerprint(folder: Path) -> str:
    """SHA-256 over the weights, configuration and tokenizer files of a model's folder."""
    digest = hashlib.sha256()
    for path in weight_files(folder) + [folder / name for name in _ALSO_HASHED if (folder / name).is_file()]:
        digest.update(f"{path.name}:{sha256_of(path)};".encode())
    return digest.hexdigest()
