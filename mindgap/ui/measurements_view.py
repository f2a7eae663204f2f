"""What was measured ahead, as the page shows it: methods, number of pairs, similarity measures; and the gap."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from typing import Any

from mindgap.builders.measurements import COMMAND, measurement_path
from mindgap.evaluation.measures import MEASURES, Measure
from mindgap.projections import PAPER_METHOD
from mindgap.tasks import TASKS, Task
from mindgap.ui.efficiency_view import efficiency_values
from mindgap.ui.templating import render

RAW = "identity"
NONE = "–"
_SMALLEST_P = 0.001
_MINUS = "−"


def render_methods(task: str, field: str) -> str:
    """Every alignment method on a task, asked in one query form."""
    return _from_file("methods", task, "methods.html", lambda found: _methods(found, TASKS.get(task), field))


def render_efficiency(task: str) -> str:
    """Accuracy against the number of training pairs."""
    return _from_file("efficiency", task, "efficiency.html", lambda found: efficiency_values(found, TASKS.get(task)))


def render_similarity(task: str) -> str:
    """Similarity measures before and after the projection."""
    return _from_file("similarity", task, "similarity.html", lambda found: _similarity(found, TASKS.get(task)))


def _from_file(kind: str, task: str, template: str, values: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    """A template filled from a file of measurements; a sentence where that is not there or not what it should be."""
    path = measurement_path(kind, task)
    try:
        found = json.loads(path.read_text("utf-8"))
        made = {"made_by": str(found["made_by"]), "machine": str(found["machine"])}
        return render(template, made=made, **values(found))
    except FileNotFoundError:
        reason = "These measurements are not there yet."
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        reason = f"The file {path.name} cannot be read as the measurements that belong here."
    return render("notice.html", message=f"{reason} `{COMMAND}` makes them and needs no network.")


def field_label(task: Task, field: str) -> str:
    """What a query form is called: the modality, or what stands in its place."""
    return {"query": task.query_name, "description": "one-line description", "question": "question"}[field]


def percent(share: float) -> str:
    """A share of a whole with one digit."""
    return f"{100 * share:.1f} %"


def p_text(p: float | None) -> str:
    """A p value as short as it can be said."""
    if p is None:
        return NONE
    return f"<{_SMALLEST_P}" if p < _SMALLEST_P else f"{p:.3f}"


def axis(lows: Iterable[float], highs: Iterable[float]) -> dict[str, Any]:
    """The common axis of dots and whiskers: {"low", "high", "ticks": [{"at": per cent of the width, "text"}]}."""
    low, high = math.floor(10 * min(lows) + 1e-9) / 10, math.ceil(10 * max(highs) - 1e-9) / 10
    low, high = max(0.0, min(low, high - 0.1)), max(high, 0.1)
    step = 0.1 if high - low < 0.55 else 0.2
    count = int((high - low) / step + 1e-9)
    ticks = [
        {"at": _at(low + i * step, low, high), "text": f"{100 * (low + i * step):.0f} %"} for i in range(count + 1)
    ]
    return {"low": low, "high": high, "ticks": ticks}


def whisker(value: float, low: float, high: float, on: dict[str, Any]) -> dict[str, Any]:
    """Where a dot and its whiskers stand on an axis, in per cent of its width, and the numbers in words."""
    place = {name: _at(v, on["low"], on["high"]) for name, v in (("at", value), ("low", low), ("high", high))}
    return place | {"value": percent(value), "interval": f"{100 * low:.1f} to {100 * high:.1f}"}


def _at(value: float, low: float, high: float) -> float:
    return round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2)


def _methods(found: dict[str, Any], task: Task, field: str) -> dict[str, Any]:
    rows = found["rows"]
    accuracies = [row["test"][field]["accuracy"] for row in rows]
    on = axis((a["low"] for a in accuracies), (a["high"] for a in accuracies))
    raw = next((row["test"][field]["accuracy"]["value"] for row in rows if row["method"] == RAW), None)
    best = max(a["value"] for a in accuracies)
    return {
        "axis": on,
        "raw": None if raw is None else {"at": _at(raw, on["low"], on["high"]), "value": percent(raw)},
        "rows": [_method(row, field, on, best) for row in rows],
        "title": task.title,
        "form": field_label(task, field),
        "encoder": str(found["encoder"]),
        "queries": f"{found['queries'][field]:,}",
        "documents": f"{found['documents']:,}",
        "pairs": f"{found['pairs']:,}",
        "seeds": int(found["seeds"]),
    }


def _method(row: dict[str, Any], field: str, on: dict[str, Any], best: float) -> dict[str, Any]:
    test = {measure: figure["value"] for measure, figure in row["test"][field].items()}
    accuracy, p = row["test"][field]["accuracy"], row["p"][field]
    badges = [name for name, on_it in (("best", test["accuracy"] == best), ("default", row["default"])) if on_it]
    return {
        "label": str(row["label"]),
        "about": str(row["about"]),
        "badges": badges + ["the paper's"] * bool(row["paper"]),
        "best": test["accuracy"] == best,
        "accuracy": whisker(accuracy["value"], accuracy["low"], accuracy["high"], on),
        "figures": [
            ("MRR@10", f"{test['mrr_at_10']:.3f}"),
            ("nDCG@10", f"{test['ndcg_at_10']:.3f}"),
            ("recall@10", percent(test["recall_at_10"])),
            ("CSLS", percent(row["csls"][field]["value"])),
            ("unseen topics", percent(row["unseen_topics"][field]["value"])),
            ("training", _seconds(row["seconds"])),
            ("spread", NONE if row["spread"] is None else f"± {100 * row['spread']:.1f}"),
            ("p vs raw", p_text(p.get(RAW))),
            ("p vs paper", p_text(p.get(PAPER_METHOD))),
        ],
    }


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:,.0f} s"


def _similarity(found: dict[str, Any], task: Task) -> dict[str, Any]:
    rows = found["rows"]
    sides = [row[side] for row in rows for side in ("raw", "projected")]
    on = axis((side["low"] for side in sides), (side["high"] for side in sides))
    best = {side: max(row[side]["accuracy"] for row in rows) for side in ("raw", "projected")}
    return {
        "axis": on,
        "rows": [_similarity_row(row, on, best) for row in rows],
        "title": task.title,
        "encoder": str(found["encoder"]),
        "queries": f"{found['queries']:,}",
        "documents": f"{found['documents']:,}",
        "sentence": _what_matters(rows),
    }


def _similarity_row(row: dict[str, Any], on: dict[str, Any], best: dict[str, float]) -> dict[str, Any]:
    spread = row["spread"]
    sides = [
        whisker(row[side]["accuracy"], row[side]["low"], row[side]["high"], on)
        | {
            "side": side,
            "best": row[side]["accuracy"] == best[side],
            "spread": "" if spread is None else f"± {100 * spread[side]:.1f} over seeds",
        }
        for side in ("raw", "projected")
    ]
    about = {"label": str(row["label"]), "about": str(row["about"]), "learned": bool(row["learned"])}
    return about | {"sides": sides, "seconds": _seconds(row["seconds"])}


def _what_matters(rows: list[dict[str, Any]]) -> str:
    """How far the choice of the measure and how far the projection changes the accuracy of the same queries."""
    raw, projected = ([row[side]["accuracy"] for row in rows] for side in ("raw", "projected"))
    gains = [100 * (after - before) for before, after in zip(raw, projected, strict=True)]
    measure = 100 * (max(raw) - min(raw))
    return (
        f"Without projection the measures lie up to {measure:.1f} points apart; "
        f"the projection changes each of them by {_signed(min(gains))} to {_signed(max(gains))} points."
    )


def _signed(points: float) -> str:
    return f"{'+' if points >= 0 else _MINUS}{abs(points):.1f}"


def render_gap(report: dict[str, Any], label: str, seconds: float) -> str:
    """The JSON of `gap` with each measure's sentence and source."""
    rows = [
        _gap_row(about, report["before"][name], report["after"][name])
        for name, about in MEASURES.items()
        if name in report["before"]
    ]
    nearer = sum(row["verdict"] == "better" for row in rows)
    judged = sum(row["better"] != "" for row in rows)
    return render(
        "gap.html", rows=rows, label=label, title=TASKS.get(report["task"]).title, nearer=nearer, judged=judged,
        seconds=f"{seconds:.1f}",
    )  # fmt: skip


def _gap_row(about: Measure, before: float, after: float) -> dict[str, Any]:
    digits = 4 if not about.share and max(abs(before), abs(after)) < 0.1 else 3
    shown = [percent(v) if about.share else f"{v:.{digits}f}".replace("-", _MINUS) for v in (before, after)]
    verdict = "" if about.better is None or shown[0] == shown[1] else "worse"
    if about.better and (after > before) == (about.better == "higher") and verdict:
        verdict = "better"
    return {
        "label": about.label,
        "sentence": about.sentence,
        "source": about.source,
        "better": about.better or "",
        "before": shown[0],
        "after": shown[1],
        "verdict": verdict,
    }
