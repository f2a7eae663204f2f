"""The tables and curves that take too long to make while somebody waits: written to assets/measurements/*.json."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mindgap import paths
from mindgap.builders.base import Builder
from mindgap.encoders.base import Progress
from mindgap.files import write_atomically
from mindgap.presets import DEFAULT_PRESET
from mindgap.tasks import TASKS

COMMAND = "python -m mindgap build --only measurements"


def _run(bars: Callable[[str], Progress]) -> Iterator[str]:
    from mindgap.efficiency_report import efficiency_curve
    from mindgap.method_report import method_data, method_table
    from mindgap.models import Models
    from mindgap.similarity_report import similarity_report

    models = Models()
    for task in TASKS.names():
        data = method_data(models, DEFAULT_PRESET, task)
        table = method_table(data, progress=bars(f"{task}: methods"))
        yield _write("methods", task, table)
        whole = {row["method"]: row["by_seed"] for row in table["rows"]}
        curve = efficiency_curve(data, progress=bars(f"{task}: data efficiency"), whole=whole)
        yield _write("efficiency", task, curve)
        yield _write("similarity", task, similarity_report(models, DEFAULT_PRESET, task, bars))
    yield _write_markdown()


def measurement_path(kind: str, task: str) -> Path:
    """Where the measurements of one kind ("methods", "efficiency", "similarity") of a task lie."""
    return paths.assets() / "measurements" / f"{kind}-{task}.json"


def _write(kind: str, task: str, report: dict[str, Any]) -> str:
    full = {"kind": kind, "made_by": COMMAND, "machine": f"{os.cpu_count()} cores, {platform.machine()}"} | report
    path = measurement_path(kind, task)
    write_atomically(path, (json.dumps(rounded(full), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())
    return str(path.relative_to(paths.ROOT))


def _write_markdown() -> str:
    """The tables of all tasks as Markdown, as they stand in the project's README."""
    reports = [json.loads(measurement_path("methods", task).read_text("utf-8")) for task in TASKS.names()]
    path = paths.assets() / "measurements" / "methods.md"
    write_atomically(path, "\n".join(methods_markdown(report) for report in reports).encode("utf-8"))
    return str(path.relative_to(paths.ROOT))


def methods_markdown(report: dict[str, Any]) -> str:
    """A table of alignment methods in Markdown, one row a method; accuracies with 95 % intervals."""
    main = next(iter(report["queries"]))
    heads = ["method", "validation", f"test ({report['queries'][main]:,})"]
    heads += [f"test, {field} ({count:,})" for field, count in report["queries"].items() if field != main]
    lines = ["| " + " | ".join([report["task"], *heads[1:], "MRR@10", "CSLS", "unseen topics"]) + " |"]
    lines.append("|---" * (len(heads) + 3) + "|")
    for row in report["rows"]:
        name = f"**`{row['method']}`**" if row["default"] else f"`{row['method']}`"
        tests = [_with_interval(row["test"][field]["accuracy"]) for field in report["queries"]]
        more = [row["test"][main]["mrr_at_10"], row["csls"][main], row["unseen_topics"][main]]
        cells = [name, f"{row['validation_accuracy']:.3f}", *tests, *(f"{figure['value']:.3f}" for figure in more)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _with_interval(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def rounded(value: Any) -> Any:
    """The same structure with every float cut to five digits, so that the files stay readable."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


MEASUREMENTS = Builder("measurements", "measures all methods, data efficiency and similarity measures", _run)
