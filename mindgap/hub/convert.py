"""Weights of a `.bin` file, read without running anything in it, and kept as safetensors."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mindgap import paths
from mindgap.errors import Unavailable
from mindgap.files import new_folder, sha256_of

RECORD = "converted.json"
_WEIGHTS = "model.safetensors"
_REFUSED = re.compile("unsupported global|unrecognized (function|class)|is blocked|allowlisted", re.IGNORECASE)


def converted_folder(repository: str, commit: str) -> Path:
    """Where the converted model lies: <cache>/converted/<owner>--<name>--<commit>."""
    return paths.cache() / "converted" / f"{repository.replace('/', '--')}--{commit}"


def is_converted(folder: Path) -> bool:
    """Whether the folder holds all that its record names, unchanged."""
    try:
        files = json.loads((folder / RECORD).read_text("utf-8"))["files"]
        return bool(files) and all(sha256_of(folder / name) == sha256 for name, sha256 in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def convert(repository: str, commit: str, snapshot: Path, weights: Sequence[str], others: Sequence[str]) -> Path:
    """Make the folder of the converted model out of a snapshot, once, and return it.

    The same weights give the same bytes.

    Args:
        weights: names of the `.bin` files; their tensors are put together.
        others: paths that are copied as they are.

    Raises Unavailable where the weights are damaged, hold more than tensors, or the folder cannot be written.
    """
    folder = converted_folder(repository, commit)
    if is_converted(folder):
        return folder
    tensors: dict[str, Any] = {}
    for name in weights:
        tensors |= _read(snapshot / name, f"{name} of {repository}")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        with new_folder(folder) as temporary:
            _write(temporary, tensors, snapshot, others, {"repository": repository, "commit": commit})
    except OSError as error:
        if is_converted(folder):  # another program was faster
            return folder
        reason = f"The weights of {repository} cannot be kept as safetensors in {folder} ({error.strerror or error})"
        raise Unavailable(reason, "make room, or name another folder with MINDGAP_CACHE.") from None
    return folder


def _read(path: Path, what: str) -> dict[str, Any]:
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise Unavailable(f"{what} cannot be read ({error.strerror})", "fetch it again.") from None
    except Exception as error:
        # torch tells a refused object from a damaged file only by its words
        if _REFUSED.search(str(error)):
            raise _refused(what) from None
        raise Unavailable(f"{what} is damaged", "remove it from the Hugging Face cache, and fetch it again.") from None
    if not isinstance(found, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in found.values()):
        raise _refused(what)
    return found


def _refused(what: str) -> Unavailable:
    return Unavailable(f"{what} holds more than tensors, which could run code and is not read", "name another model.")


def _write(
    folder: Path, tensors: dict[str, Any], snapshot: Path, others: Sequence[str], origin: dict[str, str]
) -> None:
    from safetensors.torch import save_file

    seen: set[int] = set()
    separate = {}
    for name in sorted(tensors):
        storage = tensors[name].untyped_storage().data_ptr()
        # safetensors keeps no shared memory: who shares gets a copy of its own
        separate[name] = tensors[name].clone().contiguous() if storage in seen else tensors[name].contiguous()
        seen.add(storage)
    save_file(separate, folder / _WEIGHTS, metadata={"format": "pt"})
    for path in others:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(snapshot / path, folder / path)
    sums = {path: sha256_of(folder / path) for path in (_WEIGHTS, *others)}
    (folder / RECORD).write_text(json.dumps(origin | {"files": sums}, indent=1), "utf-8")
