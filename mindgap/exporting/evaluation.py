"""An exported model, as sentence-transformers loads it, on the paper's protocol and beside the page's own answers."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mindgap.encoders.base import Encoder, Progress
from mindgap.encoders.spec import ModelSpec
from mindgap.errors import CallerError, Unavailable
from mindgap.evaluation.protocol import Measurement, Trial, make_trial, measure
from mindgap.exporting.folder import LIBRARY_VERSION, ROUTER_CONFIG
from mindgap.projections.base import Projection
from mindgap.retrievers.dense import DenseRetriever
from mindgap.tasks import TASKS
from mindgap.types import Vectors
from mindgap.watch import ProgressFor

LIBRARY = "sentence_transformers"
TOLERANCE = 1e-3
"""By how much a score of the export may differ from the page's."""
_CHUNK = 256


@dataclass(frozen=True)
class Verification:
    """The export beside the retriever it was made from, on the same queries and documents, both on the CPU.

    Attributes:
        same_top_1: queries whose first document is the same.
        largest_difference: over the scores of every query and every document.
        here, exported: every metric of `mindgap.evaluation.protocol.METRICS`.
    """

    task: str
    split: str
    queries: int
    documents: int
    same_top_1: int
    largest_difference: float
    here: dict[str, float]
    exported: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether every score is within TOLERANCE."""
        return self.largest_difference <= TOLERANCE

    def to_json(self) -> dict[str, Any]:
        """The attributes, and `holds`."""
        return asdict(self) | {"holds": self.holds}


class _QueryRoute:
    """The query route of an exported model as an Encoder: its embeddings are projected already."""

    def __init__(self, model: Any, folder: Path) -> None:
        self.model = model
        self.name = self.label = folder.name
        self.dimension = int(model.get_embedding_dimension())
        self.max_length = int(model.max_seq_length)
        self.fingerprint = f"exported:{folder.resolve()}"

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return _in_chunks(self.model.encode_query, texts, progress)

    def count_tokens(self, text: str) -> int:
        return len(self.model.tokenizer(text, truncation=False, verbose=False)["input_ids"])


def require_library() -> None:
    """Raise Unavailable where sentence-transformers is not installed."""
    if importlib.util.find_spec(LIBRARY) is None:
        raise Unavailable("sentence-transformers is not installed", f"run `pip install {_requirement()}`.")


def load_exported(folder: Path) -> Any:
    """The SentenceTransformer in `folder`, on the CPU, without network.

    Raises CallerError where `folder` holds no exported model, Unavailable where the library is not installed.
    """
    if not (folder / ROUTER_CONFIG).is_file():
        raise CallerError(f"{folder} is not an exported model: it has no {ROUTER_CONFIG}. Make one with `export`.")
    require_library()
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def evaluate_exported(
    folder: Path, task: str, split: str = "test", limit: int | None = None, gallery: int | None = None
) -> dict[str, float]:
    """Every metric of `evaluate` for an exported model, on the paper's protocol; the latency includes the projection.

    `limit` cuts queries, `gallery` documents.
    """
    trial = make_trial(TASKS.get(task).pairs(split), limit=limit, gallery_limit=gallery)
    return _Side.exported(load_exported(folder), folder, trial).measure().metrics


def verify(
    folder: Path,
    projection: Projection,
    spec: ModelSpec,
    task: str,
    split: str = "test",
    limit: int | None = None,
    gallery: int | None = None,
    progress_for: ProgressFor = lambda heading: None,
) -> Verification:
    """Ask the export and the retriever that it was made from the same queries, and compare every score.

    The encoder is loaded on the CPU, where it computes in full precision as the export does.
    """
    from mindgap.encoders.transformer import load_encoder

    trial = make_trial(TASKS.get(task).pairs(split), limit=limit, gallery_limit=gallery)
    here = _Side.here(load_encoder(spec, "cpu"), projection, trial, progress_for("here"))
    exported = _Side.exported(load_exported(folder), folder, trial, progress_for("exported"))
    own, other = here.scores(), exported.scores()
    return Verification(
        task=task,
        split=split,
        queries=len(trial.queries),
        documents=len(trial.gallery),
        same_top_1=int((own.argmax(axis=1) == other.argmax(axis=1)).sum()),
        largest_difference=float(np.abs(own - other).max()),
        here=here.measure().metrics,
        exported=exported.measure().metrics,
    )


@dataclass(frozen=True)
class _Side:
    """A retriever, and the embeddings of the trial's queries before its projection."""

    retriever: DenseRetriever
    embeddings: Vectors
    trial: Trial

    @classmethod
    def here(cls, encoder: Encoder, projection: Projection, trial: Trial, progress: Progress | None = None) -> _Side:
        documents = encoder.encode(trial.gallery.texts, progress)
        return cls(DenseRetriever(encoder, documents, projection), encoder.encode(trial.queries), trial)

    @classmethod
    def exported(cls, model: Any, folder: Path, trial: Trial, progress: Progress | None = None) -> _Side:
        encoder = _QueryRoute(model, folder)
        documents = _in_chunks(model.encode_document, trial.gallery.texts, progress)
        return cls(DenseRetriever(encoder, documents), encoder.encode(trial.queries), trial)

    def measure(self) -> Measurement:
        return measure(self.retriever, self.trial, lambda retriever, queries: self.embeddings)

    def scores(self) -> Vectors:
        """Of every query and every document, (queries, documents)."""
        prepared = self.retriever.prepare(self.trial.queries, self.embeddings)
        found, places = self.retriever.search(prepared, len(self.trial.gallery))
        scores = np.empty_like(found)
        np.put_along_axis(scores, places, found, axis=1)
        return scores


def _in_chunks(encode: Any, texts: Sequence[str], progress: Progress | None) -> Vectors:
    parts = []
    for start in range(0, len(texts), _CHUNK):
        parts.append(encode(list(texts[start : start + _CHUNK]), show_progress_bar=False, convert_to_numpy=True))
        if progress:
            progress(min(start + _CHUNK, len(texts)), len(texts))
    return np.concatenate(parts).astype(np.float32)


def _requirement() -> str:
    return f"{LIBRARY.replace('_', '-')}=={LIBRARY_VERSION}"
