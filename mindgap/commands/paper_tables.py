"""evaluate --paper-tables: the paper's tables 1 to 6, its numbers beside those measured here."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from mindgap.commands.base import print_json, print_table, progress_bar
from mindgap.errors import CallerError


def run_paper_tables(asked: argparse.Namespace) -> int:
    """Measure and print. Raises CallerError together with an option that the tables leave no room for."""
    from mindgap.evaluation.paper import GALLERY
    from mindgap.paper_tables import paper_tables, to_csv
    from mindgap.workspace import Workspace

    _refuse_others(asked)
    workspace = Workspace(asked.preset)
    report = paper_tables(workspace.models, workspace.preset, asked.gallery or GALLERY, progress_bar)
    if asked.json:
        print_json(report)
    elif asked.csv:
        print(to_csv(report), end="")
    else:
        _print(report)
    return 0


def _refuse_others(asked: argparse.Namespace) -> None:
    given = {
        "--task": asked.task,
        "--split": asked.split != "test",
        "--pairs": asked.pairs,
        "--data": asked.data != "own",
        "--query-field": asked.query_field != "query",
        "--retriever": asked.retriever,
        "--method": asked.method,
        "--checkpoint": asked.checkpoint,
        "--limit": asked.limit,
        "--scoring": asked.scoring != "cosine",
        "--intervals": asked.intervals,
    }
    others = [option for option, value in given.items() if value]
    if others:
        raise CallerError(
            f"--paper-tables fixes what is measured and does not go with {', '.join(others)}; "
            "beside it only --preset, --gallery, --json and --csv may stand."
        )
    if asked.json and asked.csv:
        raise CallerError("--json and --csv cannot both be printed; choose one.")


def _print(report: dict[str, Any]) -> None:
    hardware, tables = report["hardware"], report["tables"]
    queries = ", ".join(f"{count:,} queries of {task}" for task, count in report["queries"].items())
    print(f"The paper's tables, preset {report['preset']}; gallery of {report['gallery']:,}: {queries}")
    print(f"Measured on {hardware['name']} ({hardware['device']}, {hardware['cores']} cores)")
    # most notes belong to several tables: each is printed once, under a number
    notes = list(dict.fromkeys(note for table in tables for note in table["notes"]))
    for table in tables:
        _print_table(table, [notes.index(note) + 1 for note in table["notes"]])
    print("\nNotes")
    for number, note in enumerate(notes, 1):
        print(textwrap.fill(f"{number:>2}. {note}", 110, subsequent_indent="    "))
    rows = [row for table in tables for row in table["rows"]]
    print("\nModels")
    print_table(list(dict.fromkeys((row["label"], row["model"]) for row in rows)), ["retriever", "model"])
    for reason in dict.fromkeys(row["unavailable"] for row in rows if row["unavailable"]):
        labels = dict.fromkeys(row["label"] for row in rows if row["unavailable"] == reason)
        print(f"\nNot available: {'; '.join(labels)}")
        print(textwrap.fill(reason, 110, initial_indent="  ", subsequent_indent="  "))


def _print_table(table: dict[str, Any], notes: list[int]) -> None:
    print(f"\nTable {table['number']}: {table['title']} ({table['task']})")
    print(f"{table['units']} Notes {', '.join(map(str, notes))}.\n")
    derived = any(cell["paper_computed"] is not None for row in table["rows"] for cell in row["cells"].values())
    kinds = ("paper", "paper_computed", "here") if derived else ("paper", "here")
    shown = " | ".join("by its own formula" if kind == "paper_computed" else kind for kind in kinds)
    header = ["retriever", *(f"{column['label']}: {shown}" for column in table["columns"])]
    print_table([[row["label"], *_cells(row, table["columns"], kinds)] for row in table["rows"]], header)


def _cells(row: dict[str, Any], columns: list[dict[str, Any]], kinds: tuple[str, ...]) -> list[str]:
    def number(column: dict[str, Any], kind: str) -> str:
        if kind == "here" and row["unavailable"]:
            return "not available"
        value = row["cells"][column["key"]][kind]
        return "–" if value is None else f"{value:.{column['digits']}f}"

    return [" | ".join(f"{number(column, kind):>6}" for kind in kinds) for column in columns]
