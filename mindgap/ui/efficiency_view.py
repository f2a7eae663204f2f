"""Accuracy against the number of training pairs: a drawing in SVG, what it says in sentences, and a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mindgap.projections import DEFAULT_METHOD, METHODS, PAPER_METHOD
from mindgap.tasks import Task

CLAIM = (
    "Our approach emphasizes speed, accuracy, and data efficiency, "
    "requiring minimal resources for training and inference."
)
"""The paper, abstract."""
_RAW = "identity"
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "1 4", "12 4")
_MARKERS = ("circle", "square", "diamond", "up", "down", "plus")
_MARKER_PATHS = {
    "circle": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "square": "M-3.5-3.5h7v7h-7z",
    "diamond": "M0-5L5 0L0 5L-5 0z",
    "up": "M0-5L4.6 3.6H-4.6z",
    "down": "M0 5L4.6-3.6H-4.6z",
    "plus": "M-1.4-5h2.8v3.6h3.6v2.8h-3.6v3.6h-2.8v-3.6h-3.6v-2.8h3.6z",
}


@dataclass(frozen=True)
class Frame:
    """The size of a drawing and of its margins, in pixels. `labels`: names stand at the ends of the lines."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    labels: bool


WIDE = Frame("wide", 1160, 480, 56, 360, 14, 50, True)
NARROW = Frame("narrow", 340, 320, 44, 14, 12, 46, False)
LABEL_GAP = 20


def efficiency_values(found: dict[str, Any], task: Task) -> dict[str, Any]:
    """What the template needs of one task's file. Raises LookupError, TypeError or ValueError for another format."""
    rows = [_checked(row) for row in found["rows"]]
    sizes = [point["pairs"] for point in rows[0]["points"]]
    if any([point["pairs"] for point in row["points"]] != sizes for row in rows):
        raise ValueError("the methods were measured with different numbers of pairs")
    return {
        "title": task.title,
        "encoder": str(found["encoder"]),
        "claim": CLAIM,
        "sentences": sentences(rows),
        "charts": [chart(rows, frame) for frame in (WIDE, NARROW)],
        "sizes": [f"{size:,}" for size in sizes[:-1]] + [f"all {sizes[-1]:,}"],
        "rows": [{"label": row["label"], "cells": [_cell(point) for point in row["points"]]} for row in rows],
    }


def _cell(point: dict[str, Any]) -> tuple[str, str]:
    return _percent(point["accuracy"]), f"{100 * point['low']:.1f} to {100 * point['high']:.1f}"


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    points = [{"pairs": int(p["pairs"])} | {k: float(p[k]) for k in ("accuracy", "low", "high")} for p in row["points"]]
    if not points or min(point["pairs"] for point in points) < 1:
        raise ValueError("a curve needs points with at least one pair")
    return {"method": str(row["method"]), "label": str(row["label"]), "points": points}


def sentences(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What comes out for the paper's claim: who reaches what with the fewest pairs, and who gains from where on."""
    by_name = {row["method"]: row["points"] for row in rows}
    chief = {_RAW: "the encoder alone", PAPER_METHOD: "the paper's method", DEFAULT_METHOD: "the default"}
    best = max(rows, key=lambda row: row["points"][0]["accuracy"])
    with_few = [f"{_percent(by_name[name][0]['accuracy'])} for {who}" for name, who in chief.items() if name in by_name]
    with_few.append(f"{_percent(best['points'][0]['accuracy'])} for the best, “{best['label']}”")
    said = [f"Accuracy with {best['points'][0]['pairs']:,} pairs: {', '.join(with_few)}."]
    if _RAW in by_name:
        for name in (PAPER_METHOD, DEFAULT_METHOD):
            if name in by_name:
                where = _from_where_on(by_name[name], by_name[_RAW])
                said.append(f"{chief[name].capitalize()} is above the encoder alone {where}.")
    return said


def _from_where_on(points: Sequence[dict[str, Any]], raw: Sequence[dict[str, Any]]) -> str:
    """Where a method's mean is above the raw encoder's and stays there."""
    above = [mine["accuracy"] > theirs["accuracy"] for mine, theirs in zip(points, raw, strict=True)]
    first = next((i for i in range(len(above)) if all(above[i:])), None)
    if first is None:
        return "not even with all pairs"
    return "with any number of pairs" if first == 0 else f"from {points[first]['pairs']:,} pairs on"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def chart(rows: Sequence[dict[str, Any]], frame: Frame) -> dict[str, Any]:
    """Lines, ticks and names of one drawing, in pixels of `frame`."""
    sizes = [point["pairs"] for point in rows[0]["points"]]
    shown = [point for row in rows for point in row["points"]]
    low = max(0.0, math.floor(10 * min(point["low"] for point in shown) + 1e-9) / 10)
    high = max(low + 0.1, math.ceil(10 * max(point["high"] for point in shown) - 1e-9) / 10)

    def x(pairs: int) -> float:
        span = math.log(sizes[-1] / sizes[0]) or 1.0
        return round(frame.left + (frame.width - frame.left - frame.right) * math.log(pairs / sizes[0]) / span, 1)

    def y(share: float) -> float:
        return round(frame.top + (frame.height - frame.top - frame.bottom) * (high - share) / (high - low), 1)

    series = [_line(row, place, x, y) for place, row in enumerate(rows)]
    ends = spread([one["end"] for one in series], LABEL_GAP, frame.top + 6, frame.height - frame.bottom)
    step = 0.1 if high - low < 0.65 else 0.2
    shares = [low + i * step for i in range(int((high - low) / step + 1e-9) + 1)]
    return {
        "frame": frame,
        "x_ticks": [(x(size), f"{size:,}" if size < sizes[-1] or len(sizes) == 1 else "all") for size in sizes],
        "all": f"{sizes[-1]:,}",
        "y_ticks": [(y(share), f"{100 * share:.0f} %") for share in shares],
        # the chief lines are drawn over the others
        "series": sorted(
            (one | {"name_y": end} for one, end in zip(series, ends, strict=True)), key=lambda one: one["kind"] in CHIEF
        ),
        "legend": sorted(series, key=lambda one: one["end"]),
    }


CHIEF = ("raw", "paper", "default")


def kind(method: str) -> str:
    """Which colour a method has: one of CHIEF, else "closed" (solved at once) or "trained" (by descent)."""
    chief = {_RAW: "raw", PAPER_METHOD: "paper", DEFAULT_METHOD: "default"}
    if method in chief:
        return chief[method]
    return "trained" if method in METHODS and METHODS.get(method).recipe is not None else "closed"


def _line(row: dict[str, Any], place: int, x: Any, y: Any) -> dict[str, Any]:
    points = [
        {"x": x(p["pairs"]), "y": y(p["accuracy"]), "low": y(p["low"]), "high": y(p["high"])} for p in row["points"]
    ]
    marker = _MARKERS[place % len(_MARKERS)]
    return {
        "label": row["label"],
        "kind": kind(row["method"]),
        "points": points,
        "path": "M" + "L".join(f"{p['x']} {p['y']}" for p in points),
        "dash": _DASHES[place % len(_DASHES)] if kind(row["method"]) not in ("paper", "default") else "",
        "marker": _MARKER_PATHS[marker],
        "value": _percent(row["points"][-1]["accuracy"]),
        "end": points[-1]["y"],
    }


def spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Heights as near to those wanted as may be, at least `gap` apart, from `top` to `bottom` where there is room.

    Keeps the order; where there is no room for all, they begin at `top` and run over the bottom.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + gap if placed else top))
    limit = max(bottom, top + gap * (len(placed) - 1))
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], limit)
        limit = placed[i] - gap
    found = [0.0] * len(wanted)
    for height, i in zip(placed, order, strict=True):
        found[i] = round(height, 1)
    return found
