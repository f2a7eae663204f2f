"""evaluate: metrics and timings of each retriever."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mindgap.commands.base import Command, add_json, positive, print_json, print_table, progress_bar, say
from mindgap.commands.paper_source import add_data, paper_pairs
from mindgap.errors import CallerError
from mindgap.tasks import QUERY_FIELDS, SPLITS, TASKS

if TYPE_CHECKING:
    from mindgap.tasks.paper_data import PaperPairs


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", help=f"one of: {', '.join(TASKS.names())}")
    parser.add_argument("--split", default="test", help=f"one of: {', '.join(SPLITS)} (default test)")
    parser.add_argument(
        "--pairs", type=Path, metavar="FILE", help="your own pairs (.csv, .tsv, .jsonl) instead of a split"
    )
    add_data(parser)
    parser.add_argument("--query-field", default="query", metavar="F", help=f"one of: {', '.join(QUERY_FIELDS)}")
    parser.add_argument("--retriever", action="append", metavar="R", help="which retrievers (repeat; all unless given)")
    parser.add_argument("--preset", metavar="P", help="offline or paper")
    parser.add_argument(
        "--method", metavar="M", help="which shipped projection (default: the one that won on validation)"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="a projection or fine-tuned encoders of your own, or the checkpoint of the paper's authors",
    )
    parser.add_argument("--scoring", default="cosine", metavar="S", help="cosine (default), or csls where one projects")
    parser.add_argument("--limit", type=positive, metavar="N", help="ask only the first N queries")
    parser.add_argument("--gallery", type=positive, metavar="N", help="search only the first N documents")
    parser.add_argument(
        "--intervals", action="store_true", help="add 95%% intervals, and tests of the differences between retrievers"
    )
    parser.add_argument(
        "--paper-tables",
        action="store_true",
        help="the paper's tables 1 to 6, its numbers beside those measured here (gallery of 250 unless --gallery)",
    )
    parser.add_argument("--csv", action="store_true", help="print the paper's tables as CSV")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    from mindgap.commands.paper_tables import run_paper_tables

    if asked.paper_tables:
        return run_paper_tables(asked)
    if asked.csv:
        raise CallerError("--csv prints the paper's tables; add --paper-tables, or use --json.")
    return _run_evaluation(asked)


def _run_evaluation(asked: argparse.Namespace) -> int:
    from mindgap.commands.own_checkpoint import open_checkpoint
    from mindgap.evaluator import EvaluationRequest, evaluate
    from mindgap.projections import METHODS
    from mindgap.projections.checkpoint import Checkpoint
    from mindgap.tasks.pairs_file import read_pairs
    from mindgap.workspace import Workspace

    if asked.task:
        TASKS.get(asked.task)
    paper = _paper_test(asked)
    own = open_checkpoint(asked.checkpoint) if asked.checkpoint else None
    pairs = read_pairs(asked.pairs) if asked.pairs else None
    request = EvaluationRequest(
        task=asked.task,
        split=asked.split,
        pairs=paper.pairs if paper else pairs,
        query_field=asked.query_field,
        retrievers=asked.retriever,
        method=METHODS.get(asked.method).name if asked.method else None,
        checkpoint=own if isinstance(own, Checkpoint) else None,
        encoders=None if isinstance(own, Checkpoint) else own,
        limit=asked.limit,
        gallery=asked.gallery,
        intervals=asked.intervals,
        scoring=asked.scoring,
    )
    workspace = Workspace(asked.preset)
    report = evaluate(workspace.models, workspace.preset, request, progress_bar)
    if paper:
        report |= {"split": "test", "warnings": [*paper.notes, *report["warnings"]]}
    if asked.json:
        print_json(report)
    else:
        _print(report)
    if all(result["unavailable"] for result in report["results"]):
        say("mindgap: none of the retrievers asked for is available.")
        return 1
    return 0


def _paper_test(asked: argparse.Namespace) -> PaperPairs | None:
    """The authors' test with --data paper. Raises CallerError for another split of it."""
    if asked.data == "paper" and asked.split != "test":
        raise CallerError(f"--data paper is measured on its test, not on {asked.split!r}; leave --split out.")
    return paper_pairs(asked)


def _print(report: dict[str, Any]) -> None:
    where = f"{report['task'] or 'own pairs'}, {report['split'] or 'own file'}"
    print(f"{where}: {report['queries']:,} queries, {report['documents']:,} documents, preset {report['preset']}\n")
    there = [row for row in report["results"] if not row["unavailable"]]
    if there:
        columns = [key for key in there[0] if key not in ("name", "model", "unavailable", "intervals")]
        print_table([[row["name"], *(row[c] for c in columns)] for row in there], ["retriever", *columns])
    if "differences" in report:
        _print_intervals(there, report["differences"])
    for row in report["results"]:
        if row["unavailable"]:
            print(textwrap.fill(f"{row['name']}: {row['unavailable']}", 100, subsequent_indent="  "))
    for warning in report["warnings"]:
        say(f"warning: {warning}")


def _print_intervals(there: Sequence[dict[str, Any]], differences: Sequence[dict[str, Any]]) -> None:
    if there:
        print("\n95 % intervals (bootstrap over queries)\n")
        measures = list(there[0]["intervals"])
        rows = [[row["name"], *(_interval(row["intervals"][measure]) for measure in measures)] for row in there]
        print_table(rows, ["retriever", *measures])
    if differences:
        print("\nDifferences in accuracy (paired randomisation test; corrected after Holm)\n")
        rows = [
            [f"{d['a']} - {d['b']}", f"{d['difference']:+.3f}", _interval(d["interval"], "+"), d["p"], d["p_holm"]]
            for d in differences
        ]
        print_table(rows, ["pair", "difference", "95 % interval", "p", "p corrected"])
    print()


def _interval(bounds: Sequence[float], sign: str = "") -> str:
    return f"{bounds[0]:{sign}.3f} to {bounds[1]:{sign}.3f}"


EVALUATE = Command(
    "evaluate", "Metrics and timings of each retriever on a split or on your own pairs.", _arguments, _run
)
