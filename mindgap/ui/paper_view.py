"""Tables 1 to 6 as the page shows them: the paper's number beside the one measured here, and how a run is coming on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mindgap.evaluation.paper import PAPER_ROWS, TABLES, PaperTable, computed, contradictions
from mindgap.paper_tables import to_csv
from mindgap.presets import PRESETS
from mindgap.retrievers import RETRIEVERS
from mindgap.runs import Finished, Status
from mindgap.tasks import TASKS
from mindgap.ui.templating import render

NOT_YET = "–"
# how paper_tables calls the stretch that belongs to no retriever
ENCODING_DOCUMENTS = "encoding documents"
# the only column in which less is better
_LESS = "latency_s"


@dataclass(frozen=True)
class TablesJob:
    """What to measure: the paper's tables with a preset, on the first `gallery` documents."""

    preset: str
    gallery: int


def all_documents() -> int:
    """A gallery that cuts nothing: the size of the largest test split."""
    return max(len(TASKS.get(task).gallery) for task in {table.task for table in TABLES})


def blank_report(job: TablesJob) -> dict[str, Any]:
    """The JSON of `paper_tables` before anything is measured: the paper's numbers, nothing here."""
    return {
        "preset": job.preset,
        "gallery": job.gallery,
        "queries": {},
        "hardware": None,
        "tables": [_blank_table(table, job.preset) for table in TABLES],
    }


def _blank_table(table: PaperTable, preset: str) -> dict[str, Any]:
    rows = [
        {
            "retriever": spec.name,
            "label": spec.label,
            "model": spec.model(PRESETS.get(preset)),
            "unavailable": None,
            "cells": {
                c.key: {
                    "paper": table.value(spec.name, c.key),
                    "paper_computed": computed(table, spec.name, c.key),
                    "here": None,
                }
                for c in table.columns
            },
        }
        for spec in RETRIEVERS
    ]
    columns = [{"key": c.key, "label": c.label, "digits": c.digits} for c in table.columns]
    about = {"number": table.number, "title": table.title, "task": table.task, "units": table.units}
    return about | {"columns": columns, "rows": rows, "notes": []}


def render_tables(job: TablesJob, finished: Finished | None) -> str:
    """The six tables, their notes, and the link that saves them."""
    report = finished.report if finished else blank_report(job)
    tables = report["tables"]
    # most notes belong to several tables: each is printed once, under a number
    notes = list(dict.fromkeys(note for table in tables for note in table["notes"]))
    return render(
        "paper_tables.html",
        measured=_measured(report, finished) if finished else None,
        verdicts=[_verdict(table) for table in tables[:2]] if finished else [],
        tables=[_table(table, notes, bool(finished)) for table in tables],
        notes=notes,
        missing=_missing(tables),
        csv=csv_link(report),
        file_name=f"paper-tables-{job.preset}-{job.gallery}.csv",
    )


def csv_link(report: dict[str, Any]) -> str:
    """What is shown as a `data:` address, so that the file holds just that."""
    # the byte-order mark tells Excel that it is UTF-8
    return "data:text/csv;charset=utf-8," + quote("\ufeff" + to_csv(report))


def _measured(report: dict[str, Any], finished: Finished) -> dict[str, Any]:
    hardware = report["hardware"]
    return {
        "at": f"{finished.at:%H:%M} UTC, {finished.at.day} {finished.at:%B %Y}",
        "iso": finished.at.isoformat(timespec="seconds"),
        "seconds": f"{finished.seconds:,.0f}",
        "hardware": f"{hardware['name']} ({hardware['device']}, {hardware['cores']} cores)",
        "preset": PRESETS.get(report["preset"]).label,
        "queries": [f"{count:,} {TASKS.get(task).title}" for task, count in report["queries"].items()],
    }


def _verdict(table: dict[str, Any]) -> dict[str, str]:
    """Who is best in accuracy here, and who was in the paper."""
    cells = [(row, row["cells"]["accuracy"]) for row in table["rows"]]
    here = max((pair for pair in cells if pair[1]["here"] is not None), key=lambda pair: pair[1]["here"], default=None)
    printed = [(row["retriever"], cell["paper"]) for row, cell in cells if cell["paper"] is not None]
    most = max(value for _, value in printed)
    return {
        "task": TASKS.get(table["task"]).title,
        "here": f"{here[0]['label']}, {here[1]['here']:.4f}" if here else "nothing could be measured",
        "paper": f"{' and '.join(PAPER_ROWS[name] for name, value in printed if value == most)}, {most:.4f}",
    }


def _table(table: dict[str, Any], notes: Sequence[str], measured: bool) -> dict[str, Any]:
    best = {column["key"]: _best(table["rows"], column["key"]) for column in table["columns"]}
    printed = next(known for known in TABLES if known.number == table["number"])
    disputed = {found.retriever for found in contradictions(printed)}
    return {
        "number": table["number"],
        "title": table["title"],
        "task": TASKS.get(table["task"]).title,
        "units": table["units"],
        "columns": [column["label"] for column in table["columns"]],
        "rows": [_row(row, table["columns"], best, disputed) for row in table["rows"]],
        "notes": sorted(notes.index(note) + 1 for note in table["notes"]),
        "disputed": bool(disputed),
    }


def _best(rows: Sequence[dict[str, Any]], key: str) -> float | None:
    values = [row["cells"][key]["here"] for row in rows if row["cells"][key]["here"] is not None]
    if len(values) < 2:
        return None
    return min(values) if key == _LESS else max(values)


def _row(
    row: dict[str, Any], columns: Sequence[dict[str, Any]], best: dict[str, float | None], disputed: set[str]
) -> dict[str, Any]:
    cells = []
    for column in columns:
        cell, digits = row["cells"][column["key"]], column["digits"]
        formula = cell["paper_computed"] if row["retriever"] in disputed and cell["paper"] is not None else None
        cells.append(
            {
                "label": column["label"],
                "paper": "" if cell["paper"] is None else f"{cell['paper']:.{digits}f}",
                "formula": "" if formula is None else f"{formula:.{digits}f}",
                "here": _here(cell["here"], digits),
                "best": cell["here"] is not None and cell["here"] == best[column["key"]],
            }
        )
    return {"label": row["label"], "model": row["model"], "unavailable": bool(row["unavailable"]), "cells": cells}


def _here(value: float | None, digits: int) -> str:
    if value is None:
        return NOT_YET
    least = 10.0**-digits
    # a time that the paper's digits cannot show is not nothing
    return f"<{least:.{digits}f}" if 0 < value < least / 2 else f"{value:,.{digits}f}"


def _missing(tables: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Each reason why rows have no number here, with the rows that it holds for."""
    rows = [row for table in tables for row in table["rows"] if row["unavailable"]]
    return [
        {
            "labels": ", ".join(dict.fromkeys(row["label"] for row in rows if row["unavailable"] == reason)),
            "reason": reason,
        }
        for reason in dict.fromkeys(row["unavailable"] for row in rows)
    ]


def render_progress(status: Status[TablesJob]) -> str:
    """The bar and the sentence of a run; nothing where the visitor waits for none."""
    if status.phase == "failed":
        return render("notice.html", message=status.message)
    if status.phase not in ("waiting", "running"):
        return ""
    return render("run_progress.html", label="Measurement", **_progress(status))


def render_end(done: TablesJob | None, chosen: TablesJob) -> str:
    """That a run has ended; which one, where another choice is on view."""
    if done is None or done == chosen:
        return render("run_ended.html", message="Measured.", quiet=True)
    what = f"{PRESETS.get(done.preset).label}, {done.gallery:,} documents"
    return render("run_ended.html", message=f"Measured: {what}. Choose them above to see the tables.", quiet=False)


def _progress(status: Status[TablesJob]) -> dict[str, Any]:
    if status.phase == "waiting":
        runs = "Another measurement is" if status.ahead == 1 else f"{status.ahead} other measurements are"
        sentence = f"{runs} under way on this server; yours begins as soon as that is done."
        return {"sentence": sentence, "percent": None, "company": ""}
    others = {0: "", 1: "Another visitor waits for the same numbers."}
    return {
        "sentence": _stretch(status),
        "percent": round(100 * run_share(status)),
        "company": others.get(status.company, f"{status.company} other visitors wait for the same numbers."),
    }


def _stretch(status: Status[TablesJob]) -> str:
    """What is being done, in words."""
    if not status.heading:
        return "Starting…"
    task, _, what = status.heading.rpartition(": ")
    if not task:
        task = next((heading.rpartition(": ")[0] for heading in reversed(status.headings) if ": " in heading), "")
    parts = [TASKS.get(task).title] if task in TASKS else []
    parts.append(what)
    if status.total:
        parts.append(f"{status.done:,} of {status.total:,}")
    return " · ".join(parts)


def run_share(status: Status[TablesJob]) -> float:
    """How much of a run is done, 0 to 1, never less than before as it goes on.

    Every retriever counts alike. Those that project may be measured twice, by the paper's method and by the default.
    """
    again = [spec.label for spec in RETRIEVERS if spec.projected and spec.embeds]
    tasks = dict.fromkeys(table.task for table in TABLES)
    steps = [f"{task}: {label}" for task in tasks for label in [*(spec.label for spec in RETRIEVERS), *again]]
    place = -1
    for heading in status.headings:
        place = next((i for i in range(max(place, 0), len(steps)) if steps[i] == heading), place)
    if place < 0:
        return 0.0
    inside = 0.0
    if status.heading == steps[place]:
        inside = min(1.0, status.done / status.total) if status.total else 0.0
    elif status.heading == ENCODING_DOCUMENTS:
        # documents are encoded before the step that needs them begins: the one before has ended
        inside = 1.0
    return (place + inside) / len(steps)
