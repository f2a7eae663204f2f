"""Measurements for tests: the files of `build --only measurements` and a measuring of tables, with invented numbers."""

import json
import time

from mindgap.builders.measurements import COMMAND
from mindgap.evaluation.protocol import METRICS
from mindgap.projections import DEFAULT_METHOD, METHODS, PAPER_METHOD
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS

SIZES = (100, 300, 1000, 3000)
ACCURACY = {
    "identity": 0.652, "centred": 0.68, "soft-zca": 0.741, "procrustes": 0.792, "ridge": 0.853, "cca": 0.871,
    "n-pairs": 0.801, "n-pairs-negatives": 0.788, "info-nce": 0.882, "residual": 0.904,
}  # fmt: skip
AT_100 = {
    "identity": 0.652, "centred": 0.655, "soft-zca": 0.66, "procrustes": 0.661, "ridge": 0.702, "cca": 0.52,
    "n-pairs": 0.31, "n-pairs-negatives": 0.29, "info-nce": 0.58, "residual": 0.69,
}  # fmt: skip
MEASURES = {
    "cosine": ("cosine", 0.652, 0.904), "euclidean": ("Euclidean distance", 0.652, 0.899),
    "manhattan": ("Manhattan distance", 0.64, 0.893), "chi-square": ("chi-square distance", 0.55, 0.83),
    "bilinear": ("bilinear form", 0.83, 0.901), "mlp": ("small network", 0.71, 0.78),
}  # fmt: skip


def figure(value):
    return {"value": value, "low": max(0.0, round(value - 0.02, 5)), "high": min(1.0, round(value + 0.018, 5))}


def about(kind, task):
    return {
        "kind": kind,
        "made_by": COMMAND,
        "machine": "16 cores, x86_64",
        "task": task,
        "encoder": "all-MiniLM-L6-v2",
    }


def methods(task):
    fields = TASKS.get(task).query_fields
    return about("methods", task) | {
        "pairs": 8868, "queries": dict.fromkeys(fields, 1000), "documents": 1000, "seeds": 3,
        "rows": [method_row(method, fields) for method in METHODS],
    }  # fmt: skip


def method_row(method, fields):
    value = ACCURACY[method.name]
    others = [other for other in ("identity", PAPER_METHOD) if other != method.name]
    test = {
        field: {
            m: figure(value - 0.1 * i + up)
            for m, up in (("accuracy", 0), ("recall_at_10", 0.08), ("mrr_at_10", 0.03), ("ndcg_at_10", 0.04))
        }
        for i, field in enumerate(fields)
    }
    return {
        "method": method.name, "label": method.label, "about": method.about, "default": method.name == DEFAULT_METHOD,
        "paper": method.name == PAPER_METHOD, "settings": {}, "validation_accuracy": value, "seconds": 12.34,
        "spread": 0.0042 if method.recipe is not None else None, "test": test,
        "csls": {field: figure(value + 0.01) for field in fields},
        "unseen_topics": {field: figure(value - 0.05) for field in fields},
        "p": {field: dict(zip(others, (0.0001, 0.0312), strict=False)) for field in fields},
    }  # fmt: skip


def efficiency(task):
    sizes = [*SIZES, len({pair.document for pair in TASKS.get(task).pairs("train")})]
    sizes = [size for size in sizes[:-1] if size < sizes[-1]] + sizes[-1:]
    rows = []
    for method in METHODS:
        start, end, points = AT_100[method.name], ACCURACY[method.name], []
        for i, size in enumerate(sizes):
            value = round(start + (end - start) * (i / (len(sizes) - 1)) ** 0.7, 5)
            points.append(
                {"pairs": size, "accuracy": value, "low": round(value - 0.015, 5), "high": round(value + 0.012, 5)}
            )
        rows.append({"method": method.name, "label": method.label, "points": points})
    return about("efficiency", task) | {"field": "query", "rows": rows}


def similarity(task):
    rows = []
    for name, (label, raw, projected) in MEASURES.items():
        learned = name in ("bilinear", "mlp")
        sides = {"raw": raw, "projected": projected}
        rows.append(
            {"name": name, "label": label, "about": f"What {label} says, in a sentence.", "learned": learned}
            | {side: {"accuracy": v, "low": v - 0.02, "high": v + 0.018} for side, v in sides.items()}
            | {"spread": dict.fromkeys(sides, 0.004) if learned else None, "settings": {side: {} for side in sides}}
            | {"validation_accuracy": sides, "seconds": 1.234}
        )
    return about("similarity", task) | {"queries": 1000, "documents": 1000, "rows": rows}


KINDS = {"methods": methods, "efficiency": efficiency, "similarity": similarity}


def write(folder):
    """All six files in `folder`; returns what takes the place of `measurement_path`."""

    def path(kind, task):
        return folder / f"{kind}-{task}.json"

    for kind, make in KINDS.items():
        for task in TASKS.names():
            path(kind, task).write_text(json.dumps(make(task), ensure_ascii=False), "utf-8")
    return path


def slow_evaluate(pause=0.02, steps=20):
    """What takes the place of `evaluate` in `paper_tables`: numbers without models, some time, progress.

    DPR is not available; a retriever's accuracy is 0.5 and a hundredth for each letter of its name.
    """

    def evaluate(models, preset, request, progress_for):
        return {"queries": 7, "documents": 9, "results": [result(name, progress_for) for name in request.retrievers]}

    def result(name, progress_for):
        row = {"name": name, "model": f"model of {name}", "unavailable": None}
        if name == "dpr":
            return row | {"unavailable": "It is not here: run `fetch <it>`"} | dict.fromkeys(METRICS)
        progress = progress_for(RETRIEVERS.get(name).label)
        for done in range(steps):
            progress(done + 1, steps)
            time.sleep(pause)
        value = 0.5 + len(name) / 100
        timings = {"latency_ms": 0.02 if name == "bm25" else 20.0, "queries_per_second": 50.0}
        return row | dict.fromkeys(METRICS, value) | timings

    return evaluate
