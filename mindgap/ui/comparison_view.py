"""A comparison as the page shows it: verdict, agreement, columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from mindgap.projections import DEFAULT_METHOD
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS, Task
from mindgap.types import Comparison, Hit, Ranking
from mindgap.ui.model_view import entry_link
from mindgap.ui.templating import render
from mindgap.workspace import DEFAULT_TOP_K

STACKED = 3
WIDE_COLUMNS = 5
LEAST_WIDTH = 170
"""Pixels of a column that answers; where there is no room for all, one scrolls sideways."""


@dataclass(frozen=True)
class ViewOptions:
    """What the visitor chose beside the query. `retrievers` empty means all of them."""

    top_k: int = DEFAULT_TOP_K
    retrievers: tuple[str, ...] = ()
    method: str = DEFAULT_METHOD
    gloss: bool = False


def render_comparison(
    comparison: Comparison,
    options: ViewOptions,
    live_preset: str,
    offers: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> str:
    """The results below the query box, as HTML. `offers` say which columns can be trained here (`first_use_view`)."""
    task = TASKS.get(comparison.task)
    there = [r for r in comparison.retrievers if not r.unavailable]
    slowest = max([(r.encode_ms or 0) + (r.search_ms or 0) for r in there], default=1.0)
    glosses = _glosses(task) if options.gloss else {}
    lanes = [_lane(r, comparison, slowest, glosses) | {"offer": offers.get(r.name)} for r in comparison.retrievers]
    return render(
        "comparison.html",
        permalink=permalink(comparison, options, live_preset),
        map_link="?" + urlencode({"tab": "map", "task": comparison.task, "mq": comparison.query}),
        verdict=_verdict(comparison, there),
        notes=comparison.notes,
        agreement=agreement(there, options.top_k),
        k=options.top_k,
        lanes=lanes,
        grid=_place(lanes),
        documents=f"{comparison.documents:,}",
        language=task.document_language,
        lang="fr" if task.document_name == "French" else "",
    )


def _place(lanes: list[dict[str, Any]]) -> dict[str, Any]:
    """The grid of the columns; gives each lane its `place`.

    Retrievers that answer stand side by side in the order of the registry. Those without a model need less room: they
    are stacked behind them, three to a column, in few columns where many answer.
    """
    there = [lane for lane in lanes if not lane["unavailable"]]
    missing = [lane for lane in lanes if lane["unavailable"]]
    stacks = min(ceil(len(missing) / STACKED), max(1, WIDE_COLUMNS - len(there)))
    rows = ceil(len(missing) / stacks) if stacks else 1
    for column, lane in enumerate(there, 1):
        lane["place"] = f"grid-column:{column};grid-row:1/-1"
    for number, lane in enumerate(missing):
        lane["place"] = f"grid-column:{len(there) + 1 + number // rows};grid-row:{number % rows + 1}"
    widths = [f"minmax({LEAST_WIDTH}px,1fr)"] * len(there) + ["minmax(0,.8fr)"] * stacks
    return {"columns": " ".join(widths), "rows": "auto " * (rows - 1) + "1fr"}


def permalink(comparison: Comparison, options: ViewOptions, live_preset: str) -> str:
    """The query string that brings this comparison back; what is as usual is left out."""
    parts = {"task": comparison.task, "q": comparison.query, "k": str(options.top_k)}
    if options.method != DEFAULT_METHOD:
        parts["method"] = options.method
    if comparison.preset != live_preset:
        parts["preset"] = comparison.preset
    if options.retrievers:
        parts["r"] = ",".join(options.retrievers)
    return "?" + urlencode(parts)


def agreement(rankings: list[Ranking], k: int) -> dict[str, Any] | None:
    """How many of the first k documents each ranking shares with the projected one (else the last).

    Returns {"reference": label, "shared": [(label, count), ...]}, or None for fewer than two rankings.
    """
    if len(rankings) < 2:
        return None
    reference = next((r for r in reversed(rankings) if _by_projection(r)), rankings[-1])
    own = {hit.id for hit in reference.hits[:k]}
    shared = [(r.label, len(own & {hit.id for hit in r.hits[:k]})) for r in rankings if r is not reference]
    return {"reference": reference.label, "shared": shared}


def _by_projection(ranking: Ranking) -> bool:
    """Whether a projected embedding alone made the ranking."""
    spec = RETRIEVERS.get(ranking.name)
    return spec.projected and spec.embeds


def _verdict(comparison: Comparison, there: list[Ranking]) -> dict[str, Any]:
    return {
        "known": bool(comparison.gold_ids),
        "available": len(there),
        "first": [r.label for r in there if r.gold_rank == 1],
        "sentences": _what_the_projection_did(comparison, there),
    }


def _what_the_projection_did(comparison: Comparison, there: list[Ranking]) -> list[str]:
    """One sentence for each encoder that answers with and without its projection."""
    sentences = []
    for after in there:
        spec = RETRIEVERS.get(after.name)
        before = next(
            (r for r in there if not RETRIEVERS.get(r.name).projected and RETRIEVERS.get(r.name).role == spec.role),
            None,
        )
        if not _by_projection(after) or before is None or not after.gold_rank or not before.gold_rank:
            continue
        encoder = before.model.split(" (")[0]
        # a model's name stands for itself, a description wants its article
        encoder = f"The {encoder}" if encoder.startswith("compact ") else encoder
        if before.gold_rank == after.gold_rank:
            sentences.append(f"{encoder} ranks it {_ordinal(after.gold_rank)} with and without projection.")
        else:
            sentences.append(
                f"{encoder} ranks it {_ordinal(before.gold_rank)} of {comparison.documents:,} without projection, "
                f"{_ordinal(after.gold_rank)} with it."
            )
    return sentences


def _ordinal(rank: int) -> str:
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"


def _lane(ranking: Ranking, comparison: Comparison, slowest: float, glosses: dict[str, str]) -> dict[str, Any]:
    encode, search = ranking.encode_ms or 0.0, ranking.search_ms or 0.0
    best = max([hit.score for hit in ranking.hits], default=0.0)
    return {
        "name": ranking.name,
        "label": ranking.label,
        "model": ranking.model,
        "about": entry_link(comparison.preset, ranking.name),
        "unavailable": ranking.unavailable,
        "gold_rank": ranking.gold_rank,
        "encode_share": round(100 * encode / slowest, 1),
        "search_share": max(1.5, round(100 * search / slowest, 1)),
        "time": (f"{_ms(encode)} encode · " if ranking.encode_ms is not None else "") + f"{_ms(search)} search",
        "time_title": "encode (with projection), then search, on the scale of the slowest column",
        "remark": _remark(ranking, comparison),
        "hits": [_card(hit, comparison, best, glosses) for hit in ranking.hits],
    }


def _remark(ranking: Ranking, comparison: Comparison) -> str:
    """What to know where BM25, if it was asked, found no document that shares a word with the query."""
    order = {"bm25": "that of the file", "hybrid": "the projection's"}.get(ranking.name)
    wordless = any(r.name == "bm25" and r.hits and r.hits[0].score == 0 for r in comparison.retrievers)
    return f"No word in common with any document; the order is {order}." if order and wordless else ""


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds >= 0.095 else f"{milliseconds:.2f} ms"


def _card(hit: Hit, comparison: Comparison, best: float, glosses: dict[str, str]) -> dict[str, Any]:
    return {
        "id": hit.id,
        "rank": hit.rank,
        "score": _score(hit.score),
        "text": hit.text,
        "lines": hit.text.count("\n") + 1,
        "gold": hit.id in comparison.gold_ids,
        "bar": round(100 * max(0.0, hit.score) / best, 1) if best > 0 else 0,
        "gloss": glosses.get(hit.id, ""),
    }


def _score(score: float) -> str:
    """Digits enough to tell scores of one column apart, whichever its scale."""
    digits = 1 if abs(score) >= 10 else 3 if abs(score) >= 0.1 or score == 0 else 4
    return f"{score:.{digits}f}"


def _glosses(task: Task) -> dict[str, str]:
    """For each document its own query side, so that one who cannot read the document knows what it says."""
    return {pair.id: pair.description or pair.query for pair in task.pairs("test")}
