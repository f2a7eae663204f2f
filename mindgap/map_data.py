"""What the gap map shows: coordinates, texts, ranks and true neighbours of every point; the place of a live query."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mindgap import paths
from mindgap.encoders.base import Encoder
from mindgap.errors import CallerError
from mindgap.evaluation.measures import MEASURES
from mindgap.files import sha256_of, write_atomically
from mindgap.gap_report import GapRequest, gap_report
from mindgap.indexes import FlatIndex, normalise
from mindgap.lazy import Once
from mindgap.models import Models, shipped_methods
from mindgap.presets import PRESETS
from mindgap.projections import METHODS
from mindgap.projections.checkpoint import Checkpoint
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS
from mindgap.text import clean_query, lookup_key
from mindgap.types import Vectors
from mindgap.visualization.layout_file import Sources, layout_path, map_texts, read_layout
from mindgap.visualization.layouts import LAYOUTS, Layout
from mindgap.visualization.placement import place

NEIGHBOURS = 5
LISTED = 6
_FORMAT = 2
_DIGITS = 4


@dataclass(frozen=True)
class MapChoice:
    """Which map: preset, task, projecting retriever, method of its projection, kind of layout."""

    preset: str
    task: str
    retriever: str
    method: str
    kind: str

    def checked(self) -> MapChoice:
        """Itself. Raises CallerError for an unknown name, or a retriever that no map can show."""
        PRESETS.get(self.preset), TASKS.get(self.task), LAYOUTS.get(self.kind)
        spec = RETRIEVERS.get(self.retriever)
        if not (spec.projected and spec.embeds):
            names = ", ".join(s.name for s in RETRIEVERS if s.projected and s.embeds)
            raise CallerError(f"{spec.name} has no projection to show on a map by itself. Choose one of: {names}.")
        return self


@dataclass(frozen=True, eq=False)
class _Map:
    """One map ready to answer: embeddings of both states, their indexes, and the layout."""

    choice: MapChoice
    encoder: Encoder
    checkpoint: Checkpoint
    layout: Layout
    states: dict[str, _State]


@dataclass(frozen=True, eq=False)
class _State:
    """Before or after: unit rows of both sides, an index of the documents, and all points for placing."""

    queries: Vectors
    documents: Vectors
    index: FlatIndex
    everything: FlatIndex
    coordinates: Vectors


class Maps:
    """All maps that visitors have asked for; made once each, shared by all."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self._maps: Once[_Map] = Once()
        self._files: Once[Path] = Once()
        self._gaps: Once[dict[str, Any]] = Once()

    def choices(self, preset: str, task: str) -> list[tuple[str, str, str]]:
        """(retriever, method, label) of every map whose checkpoint is shipped.

        The default of search comes first, then the others as the methods are registered.
        """
        return [
            (spec.name, method, f"{PRESETS.get(preset).models[spec.role].label} + {METHODS.get(method).label}")
            for method in shipped_methods(PRESETS.get(preset), task)
            for spec in RETRIEVERS
            if spec.projected and spec.embeds and spec.role and _has_checkpoint(preset, task, spec.name, method)
        ]

    def file(self, choice: MapChoice) -> Path:
        """The map's base data as a JSON file in the cache, named by its contents so that a browser may keep it.

        Raises Unavailable where model, projection or layout are not there, CallerError for an unknown name.
        """
        return self._files.get(choice.checked(), lambda: self._write(choice))

    def _write(self, choice: MapChoice) -> Path:
        made = self._map(choice)
        data = base_data(made, self._gap(choice))
        content = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        folder = paths.cache() / "maps"
        draft = folder / f"{choice.task}-{choice.retriever}-{choice.method}-{choice.kind}.json"
        write_atomically(draft, content.encode("utf-8"))
        final = folder / f"{draft.stem}-{sha256_of(draft)[:16]}.json"
        draft.replace(final)
        return final

    def _gap(self, choice: MapChoice) -> dict[str, Any]:
        """The gap before and after; measured among embeddings, so that every kind of layout shares it."""
        request = GapRequest(choice.task, retriever=choice.retriever, method=choice.method)
        key = (choice.preset, choice.task, choice.retriever, choice.method)
        return self._gaps.get(key, lambda: gap_report(self.models, choice.preset, request))

    def locate_query(self, choice: MapChoice, query: object) -> dict[str, Any]:
        """Where a query stands before and after, and its nearest documents there.

        Returns {"query", "known" (place of its own point or null), "notes", "before", "after"}, each state with "at"
        [x, y], "top" (places of documents) and "scores" (cosines).
        """
        clean = clean_query(query)
        made = self._map(choice.checked())
        raw = made.encoder.encode([clean.text])
        mapped = {"before": raw, "after": made.checkpoint.projection.map_queries(raw)}
        found: dict[str, Any] = {"query": clean.text, "notes": list(clean.notes)}
        texts, _ = map_texts(TASKS.get(choice.task))
        keys = [lookup_key(text) for text in texts]
        found["known"] = keys.index(lookup_key(clean.text)) if lookup_key(clean.text) in keys else None
        for name, state in made.states.items():
            at = place(mapped[name][0], state.everything, state.coordinates)
            scores, places = state.index.search(normalise(mapped[name]), NEIGHBOURS)
            found[name] = {
                "at": [round(float(v), _DIGITS) for v in at],
                "top": places[0].tolist(),
                "scores": [round(float(s), 3) for s in scores[0]],
            }
        return found

    def _map(self, choice: MapChoice) -> _Map:
        return self._maps.get(choice, lambda: self._load(choice))

    def _load(self, choice: MapChoice) -> _Map:
        role = RETRIEVERS.get(choice.retriever).role
        assert role is not None
        encoder = self.models.encoder(PRESETS.get(choice.preset).models[role])
        checkpoint = self.models.checkpoint(choice.preset, choice.task, encoder, choice.method)
        texts = map_texts(TASKS.get(choice.task))
        path = layout_path(choice.preset, choice.task, encoder.name, choice.method, choice.kind)
        layout = read_layout(path, Sources.of(choice.kind, checkpoint.card, *texts))
        queries, documents = (self.models.store.embed(encoder, part) for part in texts)
        projection = checkpoint.projection
        states = {
            "before": _state(queries, documents, layout.queries_before, layout.documents_before),
            "after": _state(
                projection.map_queries(queries),
                projection.map_documents(documents),
                layout.queries_after,
                layout.documents_after,
            ),
        }
        return _Map(choice, encoder, checkpoint, layout, states)


def _has_checkpoint(preset: str, task: str, retriever: str, method: str) -> bool:
    from mindgap.models import checkpoint_folder

    role = RETRIEVERS.get(retriever).role
    assert role is not None
    name = PRESETS.get(preset).models[role].name
    return (checkpoint_folder(preset, task, name, method) / "card.json").is_file()


def _state(queries: Vectors, documents: Vectors, query_points: Vectors, document_points: Vectors) -> _State:
    q, d = normalise(queries), normalise(documents)
    both = np.concatenate([d, q])
    return _State(q, d, FlatIndex(d), FlatIndex(both), np.concatenate([document_points, query_points]))


def base_data(made: _Map, report: dict[str, Any]) -> dict[str, Any]:
    """Everything the browser needs: a click, a change of colour or the slider then asks nobody."""
    task = TASKS.get(made.choice.task)
    pairs = [pair for pair in task.pairs("test") if pair.label]
    gold = np.array([task.gallery.position[pair.document] for pair in pairs])
    states = {name: _state_data(state, gold) for name, state in made.states.items()}
    ranks = {name: data["ranks"] for name, data in states.items()}
    layout = made.layout
    return {
        "format": _FORMAT,
        "choice": vars(made.choice),
        "task": {
            "title": task.title,
            "query": task.query_name,
            "document": task.document_name,
            "code": task.document_language,
        },
        "queries": [pair.query for pair in pairs],
        "topics": [pair.topic for pair in pairs],
        "documents": list(task.gallery.texts),
        "gold": gold.tolist(),
        "before": states["before"] | _points(layout.queries_before, layout.documents_before),
        "after": states["after"] | _points(layout.queries_after, layout.documents_after),
        "gap": {"before": report["before"], "after": report["after"]},
        "measures": [{"name": name} | asdict(about) for name, about in MEASURES.items()],
        "quality": layout.quality,
        "movers": _largest(np.array(ranks["before"]) - np.array(ranks["after"])),
        "lost": _largest(np.array(ranks["after"])),
    }


def _state_data(state: _State, gold: np.ndarray) -> dict[str, Any]:
    _, ranked = state.index.search(state.queries, len(state.documents))
    ranks = (ranked == gold[:, None]).argmax(axis=1) + 1
    _, nearest_queries = FlatIndex(state.queries).search(state.documents, NEIGHBOURS)
    cosines = (state.queries * state.documents[gold]).sum(axis=1)
    return {
        "ranks": ranks.tolist(),
        "cosines": [round(float(c), 3) for c in cosines],
        "nearest_documents": ranked[:, :NEIGHBOURS].tolist(),
        "nearest_queries": nearest_queries.tolist(),
    }


def _points(queries: Vectors, documents: Vectors) -> dict[str, Any]:
    return {
        "q": [[round(float(v), _DIGITS) for v in row] for row in queries],
        "d": [[round(float(v), _DIGITS) for v in row] for row in documents],
    }


def _largest(values: np.ndarray) -> list[int]:
    """Places of the largest values above 0 (movers) or 1 (ranks), largest first."""
    order = np.argsort(-values, kind="stable")[:LISTED]
    return [int(i) for i in order if values[i] > 1]
