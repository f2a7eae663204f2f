"""Layouts on disk: one safetensors file each, bound to the encoder, projection and texts that it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from mindgap import paths
from mindgap.errors import Unavailable
from mindgap.files import write_atomically
from mindgap.projections.checkpoint import CSLS
from mindgap.tasks.base import Task
from mindgap.types import Vectors, fingerprint_texts
from mindgap.visualization.layouts import SETS, Layout

FORMAT = "1"
_CURE = "run `python -m mindgap build --only layouts`"
_NAMES = {
    "format": "format",
    "kind": "kind",
    "encoder": "encoder",
    "projection": "projection",
    "texts": "texts",
    "documents": "number of documents",
    "queries": "number of queries",
}


@dataclass(frozen=True)
class Sources:
    """What a layout is made from; a file is only used for exactly these.

    Attributes:
        kind: name in LAYOUTS.
        encoder, projection, texts: SHA-256 fingerprints.
        documents, queries: how many stand on the map.
    """

    kind: str
    encoder: str
    projection: str
    texts: str
    documents: int
    queries: int

    @classmethod
    def of(cls, kind: str, card: Mapping[str, Any], queries: Sequence[str], documents: Sequence[str]) -> Sources:
        """The sources of a layout of these texts under the checkpoint with this card."""
        return cls(
            kind=kind,
            encoder=str(card["encoder"]["fingerprint"]),
            projection=projection_fingerprint(card),
            texts=fingerprint_texts([*queries, *documents]),
            documents=len(documents),
            queries=len(queries),
        )

    def metadata(self) -> dict[str, str]:
        """As the file keeps them."""
        return {"format": FORMAT} | {name: str(value) for name, value in asdict(self).items()}


def projection_fingerprint(card: Mapping[str, Any]) -> str:
    """SHA-256 over a checkpoint's method and the sums of its weights, in the order of their names.

    The training queries kept for CSLS move no point.
    """
    weights = {name: total for name, total in card["files"].items() if name != CSLS}
    lines = [str(card["method"]), *(f"{name}:{total}" for name, total in sorted(weights.items()))]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def map_texts(task: Task) -> tuple[list[str], list[str]]:
    """What stands on the map of a task: the queries of the test split's true pairs, and its gallery."""
    return [pair.query for pair in task.pairs("test") if pair.label], list(task.gallery.texts)


def layout_path(preset: str, task: str, encoder: str, method: str, kind: str) -> Path:
    """assets/layouts/<preset>/<task>/<encoder>-<method>-<kind>.safetensors."""
    return paths.assets() / "layouts" / preset / task / f"{encoder}-{method}-{kind}.safetensors"


def write_layout(path: Path, layout: Layout, sources: Sources) -> None:
    """Write a layout so that a reader sees all of it or nothing. Raises ValueError where it is not of `sources`."""
    made = (layout.kind, len(layout.documents_before), len(layout.queries_before))
    if made != (sources.kind, sources.documents, sources.queries):
        raise ValueError(f"the layout {made} is not one of {sources}")
    tensors = {name: np.ascontiguousarray(getattr(layout, name)) for name in SETS}
    quality = json.dumps(layout.quality, sort_keys=True, allow_nan=False)
    meta = sources.metadata() | {"quality": quality, "sha256": _digest(tensors, quality)}
    write_atomically(path, save(tensors, metadata=meta))
    path.chmod(0o644)


def read_layout(path: Path, sources: Sources) -> Layout:
    """The verified layout. Raises Unavailable with reason and cure where it is missing, damaged or of other sources."""
    if not path.is_file():
        raise Unavailable(f"The map {path.name} has not been made", _CURE)
    try:
        tensors, meta = _load(path)
    except (OSError, SafetensorError) as error:
        raise Unavailable(f"The map {path.name} cannot be read ({error})", _CURE) from error
    expected = sources.metadata()
    other = [label for name, label in _NAMES.items() if meta.get(name) != expected[name]]
    if other:
        raise Unavailable(f"The map {path.name} was made from something else (another {', '.join(other)})", _CURE)
    damaged = Unavailable(f"The map {path.name} is damaged: its contents are not those that were written", _CURE)
    if set(tensors) != set(SETS) or meta.get("sha256") != _digest(tensors, meta.get("quality", "")):
        raise damaged
    try:
        layout = Layout(sources.kind, **tensors, quality=json.loads(meta["quality"]))
    except (ValueError, KeyError) as error:
        raise damaged from error
    if (len(layout.documents_before), len(layout.queries_before)) != (sources.documents, sources.queries):
        raise damaged
    return layout


def _load(path: Path) -> tuple[dict[str, Vectors], dict[str, str]]:
    with safe_open(path, framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def _digest(tensors: Mapping[str, Vectors], quality: str) -> str:
    """SHA-256 over names, shapes and contents, and over the quality, a number that is shown."""
    digest = hashlib.sha256(quality.encode("utf-8"))
    for name in sorted(tensors):
        digest.update(f"{name}{tensors[name].dtype}{tensors[name].shape}".encode())
        digest.update(np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()
