"""gap: how far apart queries and documents lie, before and after a projection."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mindgap.commands.base import Command, add_json, print_json, print_table, progress_bar, say
from mindgap.commands.paper_source import add_data, paper_pairs
from mindgap.tasks import TASKS


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", help=f"one of: {', '.join(TASKS.names())}; its test split is measured")
    parser.add_argument(
        "--pairs", type=Path, metavar="FILE", help="your own pairs (.csv, .tsv, .jsonl) instead of the test split"
    )
    add_data(parser)
    parser.add_argument(
        "--retriever",
        metavar="R",
        help="whose embeddings (default projection-st, or the one that --checkpoint was trained for)",
    )
    parser.add_argument("--checkpoint", type=Path, metavar="DIR", help="a projection of your own")
    parser.add_argument("--preset", metavar="P", help="offline or paper")
    parser.add_argument(
        "--method", metavar="M", help="which shipped projection (default: the one that won on validation)"
    )
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    from mindgap.gap_report import GapRequest, gap_report
    from mindgap.projections import METHODS
    from mindgap.projections.checkpoint import read_checkpoint
    from mindgap.tasks.pairs_file import read_pairs
    from mindgap.workspace import Workspace

    if asked.task:
        TASKS.get(asked.task)
    paper = paper_pairs(asked)
    own = read_pairs(asked.pairs) if asked.pairs else None
    request = GapRequest(
        task=asked.task,
        pairs=paper.pairs if paper else own,
        retriever=asked.retriever,
        checkpoint=read_checkpoint(asked.checkpoint) if asked.checkpoint else None,
        method=METHODS.get(asked.method).name if asked.method else None,
    )
    workspace = Workspace(asked.preset)
    report = gap_report(workspace.models, workspace.preset, request, progress_bar)
    for note in paper.notes if paper else ():
        say(f"note: {note}")
    if asked.json:
        print_json(report)
    else:
        where = asked.pairs.name if asked.pairs else f"{report['task']}, test"
        _print(report, f"{where}: {report['retriever']}, preset {workspace.preset}")
    return 0


def _print(report: dict[str, Any], heading: str) -> None:
    from mindgap.evaluation.measures import MEASURES

    print(f"{heading}\n")
    before, after = report["before"], report["after"]
    rows = [[name, before[name], after[name], about.better or "–", about.label] for name, about in MEASURES.items()]
    print_table(rows, ["measure", "before", "after", "better", "what it is"])
    print()
    for name, about in MEASURES.items():
        print(f"{name}: {about.sentence}\n    {about.source}")


GAP = Command("gap", "How far apart queries and documents lie, before and after a projection.", _arguments, _run)
