"""Tables 1 to 6 of the paper, its numbers beside those measured here: the JSON of `evaluate --paper-tables`."""

from __future__ import annotations

import copy
import csv
import io
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mindgap.encoders.base import Encoder, Progress
from mindgap.encoders.store import EmbeddingStore
from mindgap.errors import CallerError
from mindgap.evaluation.paper import GALLERY, PAPER_ROWS, TABLES, PaperTable, computed, contradictions
from mindgap.evaluator import EvaluationRequest, evaluate
from mindgap.models import Models, checkpoint_folder
from mindgap.presets import PRESETS
from mindgap.projections import DEFAULT_METHOD, PAPER_METHOD
from mindgap.projections.checkpoint import CARD
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.base import RetrieverSpec
from mindgap.types import Vectors
from mindgap.watch import ProgressFor, Stop, Watch


@dataclass(frozen=True)
class _Row:
    """One row of a task's tables. `in_paper`: the paper's number stands beside it."""

    spec: RetrieverSpec
    method: str
    in_paper: bool

    @property
    def label(self) -> str:
        if not self.spec.projected:
            return self.spec.label
        marks = ["the paper's method"] * (self.method == PAPER_METHOD) + ["default"] * (self.method == DEFAULT_METHOD)
        return f"{self.spec.label}, {self.method} ({', '.join(marks)})"


def paper_tables(
    models: Models,
    preset: str,
    gallery: int = GALLERY,
    progress_for: ProgressFor = lambda heading: None,
    stop: Stop = lambda: False,
) -> dict[str, Any]:
    """All six tables: {"preset", "gallery", "queries", "hardware", "tables"}.

    Each retriever is measured once for a task, on the first `gallery` documents of the test split and the queries that
    they answer; each table is filled from that. A projecting retriever has a row for the paper's method, where such a
    projection is there, and one for the default. Each cell has `paper` (printed), `paper_computed` (by the paper's
    formula from its own figures, tables 5 and 6) and `here`, null where there is none.

    Raises:
        CallerError: an unknown preset, a gallery below 1.
        Stopped: `stop` said so; it is asked between and within the measurements.
    """
    PRESETS.get(preset)
    if not isinstance(gallery, int) or gallery < 1:
        raise CallerError(f"The gallery must be a whole number of documents from 1, not {str(gallery)[:40]}.")
    watch = Watch(progress_for, stop)
    watched = copy.copy(models)
    watched.store = _WatchedStore(models.store, watch)
    measured = {
        task: _measure_task(watched, preset, task, gallery, watch) for task in dict.fromkeys(t.task for t in TABLES)
    }
    hardware = describe_hardware()
    return {
        "preset": preset,
        "gallery": gallery,
        "queries": {task: measurement.queries for task, measurement in measured.items()},
        "hardware": hardware,
        "tables": [_table(table, measured[table.task], hardware) for table in TABLES],
    }


def to_csv(report: dict[str, Any]) -> str:
    """The report as CSV with a header: one line for each table, row and column; an empty field where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "task", "retriever", "label", "model", "column", "paper", "paper_computed", "here"])
    for table in report["tables"]:
        for row in table["rows"]:
            about = [table["number"], table["task"], row["retriever"], row["label"], row["model"]]
            for key, cell in row["cells"].items():
                writer.writerow([*about, key, cell["paper"], cell["paper_computed"], cell["here"]])
    return out.getvalue()


def describe_hardware() -> dict[str, Any]:
    """{"device": "cpu" | "cuda" | "mps", "name", "cores"}: where encoders compute, and how many cores there are."""
    from mindgap.encoders.device import choose_device

    device = choose_device()
    if device == "cuda":
        import torch

        name = torch.cuda.get_device_name()
    else:
        name = _cpu_name()
    # a container may use fewer cores than the machine has
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"device": device, "name": name, "cores": usable}


def _cpu_name() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.processor() or platform.machine()


class _WatchedStore(EmbeddingStore):
    """A store under watch: the encoding of documents too shows progress and can be stopped."""

    def __init__(self, store: EmbeddingStore, watch: Watch) -> None:
        super().__init__(store.folder)
        self._store = store
        self._watch = watch

    def embed(self, encoder: Encoder, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return self._store.embed(encoder, texts, progress or self._watch("encoding documents"))


@dataclass(frozen=True)
class _Measured:
    """The rows of one task and the result of `evaluate` for each."""

    rows: tuple[_Row, ...]
    results: tuple[dict[str, Any], ...]
    queries: int
    documents: int


def _measure_task(models: Models, preset: str, task: str, gallery: int, watch: Watch) -> _Measured:
    rows = _rows(preset, task)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for method in dict.fromkeys(row.method for row in rows):
        names = [row.spec.name for row in rows if row.method == method]
        request = EvaluationRequest(task, retrievers=names, method=method, gallery=gallery)
        report = evaluate(models, preset, request, lambda heading: watch(f"{task}: {heading}"))
        found |= {(result["name"], method): result for result in report["results"]}
    results = tuple(found[row.spec.name, row.method] for row in rows)
    return _Measured(rows, results, report["queries"], report["documents"])


def _rows(preset: str, task: str) -> tuple[_Row, ...]:
    """The rows of a task in the order of the registry; the paper's number stands in a retriever's first row."""
    rows = []
    for spec in RETRIEVERS:
        methods = [DEFAULT_METHOD]
        if _has_paper_projection(spec, preset, task):
            methods = list(dict.fromkeys([PAPER_METHOD, DEFAULT_METHOD]))
        rows += [_Row(spec, method, spec.name in PAPER_ROWS and method == methods[0]) for method in methods]
    return tuple(rows)


def _has_paper_projection(spec: RetrieverSpec, preset: str, task: str) -> bool:
    """Whether a projection by the paper's method is there for the encoder that the retriever ranks by alone."""
    if not spec.projected or not spec.embeds or spec.role is None:
        return False
    encoder = PRESETS.get(preset).models[spec.role].name
    return (checkpoint_folder(preset, task, encoder, PAPER_METHOD) / CARD).is_file()


def _table(table: PaperTable, measured: _Measured, hardware: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": table.number,
        "title": table.title,
        "task": table.task,
        "units": table.units,
        "columns": [{"key": c.key, "label": c.label, "digits": c.digits} for c in table.columns],
        "rows": [_filled(table, row, result) for row, result in zip(measured.rows, measured.results, strict=True)],
        "notes": _notes(table, measured, hardware),
    }


def _filled(table: PaperTable, row: _Row, result: dict[str, Any]) -> dict[str, Any]:
    name = row.spec.name
    return {
        "retriever": name,
        "label": row.label,
        "model": result["model"],
        "unavailable": result["unavailable"],
        "cells": {
            column.key: {
                "paper": table.value(name, column.key) if row.in_paper else None,
                "paper_computed": computed(table, name, column.key) if row.in_paper else None,
                "here": _here(result, column.key),
            }
            for column in table.columns
        },
    }


def _here(result: dict[str, Any], key: str) -> float | None:
    """A metric in the paper's unit."""
    if key == "latency_s":
        return None if result["latency_ms"] is None else result["latency_ms"] / 1000
    return result[key]


def _notes(table: PaperTable, measured: _Measured, hardware: dict[str, Any]) -> list[str]:
    """What must be known to compare the two numbers of a cell."""
    notes = [
        f"Here: the first {measured.documents:,} documents of this project's own test split and the "
        f"{measured.queries:,} queries that they answer. The paper's data is another, so the two numbers of a cell do "
        "not come from the same test."
    ]
    kind = table.columns[0].key
    if kind == "accuracy":
        notes.append(
            f"The paper speaks of 1,000 test pairs; the authors' scripts take the first {GALLERY} rows, and every "
            f"printed accuracy is a whole number of {GALLERY}ths."
        )
    else:
        notes.append(
            "Time: the paper's mean on one NVIDIA L40 GPU, with a Python loop over the documents; here the median of "
            f"at most 200 queries asked one at a time, on {hardware['name']} ({hardware['device']}, "
            f"{hardware['cores']} cores)."
        )
    if kind == "harmonic_mean":
        notes.append(
            "Where throughput is far above 1 query per second the harmonic mean is close to twice the F1-score, so it "
            "says little about speed."
        )
        notes += [
            f"{PAPER_ROWS[c.retriever]}: the paper prints {c.published:.4f}, but its own F1-score ({c.f1:.4f}) and "
            f"throughput ({c.queries_per_second:.2f} queries/s) give {c.computed:.4f}."
            for c in contradictions(table)
        ]
    return notes + _row_notes(measured.rows)


def _row_notes(rows: Sequence[_Row]) -> list[str]:
    notes = [
        f"The paper's number for {PAPER_ROWS[row.spec.name]} stands beside the default method: no projection by the "
        f"paper's method ({PAPER_METHOD}) is here."
        for row in rows
        if row.in_paper and row.spec.projected and row.method != PAPER_METHOD
    ]
    others = [row.label for row in rows if not row.in_paper]
    return [*notes, f"Not in the paper: {'; '.join(others)}."] if others else notes
