"""search: the comparison for one query."""

from __future__ import annotations

import argparse
import textwrap

from mindgap.commands.base import Command, add_json, print_json, say
from mindgap.tasks import TASKS
from mindgap.types import Comparison, Ranking


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", help="what to look for")
    parser.add_argument("--task", required=True, help=f"one of: {', '.join(TASKS.names())}")
    parser.add_argument("--retriever", action="append", metavar="R", help="which retrievers (repeat; all unless given)")
    parser.add_argument("--top-k", type=int, default=5, metavar="K", help="how many hits of each (default 5)")
    parser.add_argument("--preset", metavar="P", help="offline or paper (default: MINDGAP_PRESET, else offline)")
    parser.add_argument("--method", metavar="M", help="which projection (default: the one that won on validation)")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    from mindgap.workspace import Workspace

    workspace = Workspace(asked.preset)
    most = len(TASKS.get(asked.task).gallery)
    comparison = workspace.compare(
        asked.query, asked.task, asked.top_k, asked.retriever, method=asked.method, most=most
    )
    for note in comparison.notes:
        say(f"note: {note}")
    if asked.json:
        print_json(comparison.to_json())
    else:
        _print(comparison)
    if all(ranking.unavailable for ranking in comparison.retrievers):
        say("mindgap: none of the retrievers asked for is available.")
        return 1
    return 0


def _print(comparison: Comparison) -> None:
    for ranking in comparison.retrievers:
        print(f"\n{ranking.label} ({ranking.model}){_timing(ranking)}")
        if ranking.unavailable:
            print(textwrap.indent(textwrap.fill(ranking.unavailable, 96), "  "))
        if ranking.gold_rank:
            print(f"  true match at rank {ranking.gold_rank} of {comparison.documents:,}")
        for hit in ranking.hits:
            mark = "*" if hit.id in comparison.gold_ids else " "
            first = hit.text if len(hit.text.splitlines()) == 1 else "\n" + textwrap.indent(hit.text, "        ")
            print(f"  {mark}{hit.rank:>3}  {hit.score:6.3f}  {hit.id}  {first}")


def _timing(ranking: Ranking) -> str:
    if ranking.search_ms is None:
        return ""
    encode = f"{ranking.encode_ms:.1f} ms encode, " if ranking.encode_ms is not None else ""
    return f": {encode}{ranking.search_ms:.1f} ms search"


SEARCH = Command("search", "The comparison: every retriever's answers to one query.", _arguments, _run)
