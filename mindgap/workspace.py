"""What the page and the command line ask: comparisons and evaluations. Knows no Gradio, keeps nothing of a visitor."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mindgap.encoders.base import Encoder
from mindgap.errors import CallerError, Unavailable
from mindgap.first_use import FirstUse
from mindgap.models import Choice, Models
from mindgap.presets import PRESETS, default_preset
from mindgap.projections import DEFAULT_METHOD, METHODS
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.base import Retriever
from mindgap.tasks import TASKS, Task
from mindgap.text import clean_query, lookup_key
from mindgap.types import Comparison, Hit, Pair, Ranking, Vectors

DEFAULT_TOP_K = 5
MOST_TOP_K = 20


@dataclass(frozen=True)
class _Encoding:
    """One query through one encoder."""

    embedding: Vectors
    milliseconds: float
    tokens: int
    limit: int
    label: str


class _Encodings:
    """The encodings of one query text: each encoder is asked once, however many retrievers use it."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.done: dict[str, _Encoding] = {}

    def of(self, encoder: Encoder) -> _Encoding:
        if encoder.fingerprint not in self.done:
            started = time.perf_counter()
            embedding = encoder.encode([self.query])
            spent = (time.perf_counter() - started) * 1000
            tokens = encoder.count_tokens(self.query)
            self.done[encoder.fingerprint] = _Encoding(embedding, spent, tokens, encoder.max_length, encoder.label)
        return self.done[encoder.fingerprint]

    def notes(self) -> list[str]:
        """A sentence for each encoder that could not read the whole query."""
        return [
            f"{e.label} read the first {e.limit} of the query's {e.tokens:,} tokens."
            for e in self.done.values()
            if e.tokens > e.limit
        ]


class Workspace:
    """Answers for all visitors from shared models.

    Args:
        preset: the live preset; MINDGAP_PRESET or "offline" unless given.

    Attributes:
        first_use: trains the projections that are missing.
    """

    def __init__(self, preset: str | None = None, models: Models | None = None) -> None:
        self.preset = PRESETS.get(preset).name if preset else default_preset()
        self.models = models or Models()
        self.first_use = FirstUse(self.models)

    def warm(self, task: str) -> None:
        """Load what answers a first query of `task`, so that no visitor waits for it."""
        self.compare(TASKS.get(task).known and next(iter(TASKS.get(task).known)), task)

    def compare(
        self,
        query: object,
        task: str,
        top_k: int = DEFAULT_TOP_K,
        retrievers: Sequence[str] | None = None,
        preset: str | None = None,
        method: str | None = None,
        most: int = MOST_TOP_K,
    ) -> Comparison:
        """The rankings of `retrievers` (all of them unless given) for one query, on the task's test documents.

        Args:
            top_k: hits of each, 1 to `most`.
            method: which projection the projecting retrievers use; the default one unless given.

        Raises:
            CallerError: a query, name or number that cannot be answered. A missing model does not raise: its ranking
                says so.
        """
        the_task = TASKS.get(task)
        choice = Choice(PRESETS.get(preset or self.preset).name, task, METHODS.get(method or DEFAULT_METHOD).name)
        names = check_retrievers(retrievers)
        k = check_top_k(top_k, most)
        clean = clean_query(query)
        golds = the_task.known.get(lookup_key(clean.text), ())
        encodings = _Encodings(clean.text)
        rankings = tuple(self._rank(name, choice, the_task, encodings, k, golds) for name in names)
        return Comparison(
            task=task,
            query=clean.text,
            preset=choice.preset,
            retrievers=rankings,
            documents=len(the_task.gallery),
            gold_ids=tuple(the_task.gallery.ids[place] for place in golds),
            notes=(*clean.notes, *encodings.notes()),
        )

    def _rank(
        self, name: str, choice: Choice, task: Task, encodings: _Encodings, k: int, golds: Sequence[int]
    ) -> Ranking:
        spec = RETRIEVERS.get(name)
        model = spec.model(PRESETS.get(choice.preset))
        try:
            retriever = self.models.retriever(name, choice, task.gallery)
        except Unavailable as missing:
            return Ranking(name, spec.label, model, unavailable=str(missing))
        encoding = encodings.of(retriever.encoder) if retriever.encoder else None
        started = time.perf_counter()
        prepared = retriever.prepare([encodings.query], encoding.embedding if encoding else None)
        projected = time.perf_counter()
        scores, places = retriever.search(prepared, k)
        searched = time.perf_counter()
        gallery = task.gallery
        hits = tuple(
            Hit(rank, gallery.ids[place], float(score), gallery.texts[place])
            for rank, (score, place) in enumerate(zip(scores[0], places[0], strict=True), 1)
        )
        encode_ms = encoding.milliseconds + (projected - started) * 1000 if encoding else None
        rank = gold_rank(retriever, prepared, golds, len(gallery)) if golds else None
        return Ranking(name, spec.label, model, encode_ms, (searched - projected) * 1000, rank, None, hits)

    def random_pair(self, task: str, generator: random.Random | None = None) -> Pair:
        """A pair of the test split whose query is answered by its document."""
        pairs = [pair for pair in TASKS.get(task).pairs("test") if pair.label]
        return (generator or random.Random()).choice(pairs)

    def device(self) -> str:
        """Where encoders compute: "cpu", "cuda" or "mps"."""
        from mindgap.encoders.device import choose_device

        return choose_device()


def gold_rank(retriever: Retriever, prepared: Any, golds: Sequence[int], documents: int) -> int:
    """Rank, from 1, of the best placed gold document in the whole gallery."""
    _, places = retriever.search(prepared, documents)
    return next(rank for rank, place in enumerate(places[0], 1) if place in golds)


def check_top_k(top_k: object, most: int) -> int:
    """`top_k` as an int from 1 to `most`. Raises CallerError with a sentence otherwise."""
    whole = isinstance(top_k, int) or (isinstance(top_k, float) and top_k.is_integer())
    if not whole or isinstance(top_k, bool) or not 1 <= int(top_k) <= most:  # type: ignore[call-overload]
        raise CallerError(f"The number of results must be a whole number from 1 to {most}, not {str(top_k)[:40]}.")
    return int(top_k)  # type: ignore[call-overload]


def check_retrievers(names: Sequence[str] | None) -> list[str]:
    """The retrievers asked for, each once; all of them for None or an empty list. Raises CallerError for others."""
    if not names:
        return RETRIEVERS.names()
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise CallerError(f"The retrievers must be a list of names. Known: {', '.join(RETRIEVERS.names())}.")
    return [RETRIEVERS.get(name).name for name in dict.fromkeys(names)]
