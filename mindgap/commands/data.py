"""data check, data stats: verifies and counts the shipped pairs."""

from __future__ import annotations

import argparse
from typing import Any

from mindgap.commands.base import Command, add_json, print_json, print_table
from mindgap.tasks import TASKS
from mindgap.tasks.checks.base import Finding
from mindgap.tasks.checks.run import check_task, task_stats

_SHOWN = 10


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("check", "stats"), help="verify the pairs, or count them")
    parser.add_argument(
        "--task", action="append", metavar="T", help=f"one of: {', '.join(TASKS.names())} (all unless given)"
    )
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    names = [TASKS.get(name).name for name in asked.task or TASKS.names()]
    return _check(names, asked.json) if asked.what == "check" else _stats(names, asked.json)


def _check(names: list[str], as_json: bool) -> int:
    report: list[dict[str, Any]] = []
    for name in names:
        for check, findings in check_task(TASKS.get(name)):
            report.append({"task": name, "check": check.name, "about": check.about, "result": _result(findings)})
            report[-1]["findings"] = [f"{f.where}: {f.what}" for f in findings]
            if not as_json:
                print(f"{report[-1]['result']:<8} {name}  {check.name}: {check.about}")
                for line in report[-1]["findings"][:_SHOWN]:
                    print(f"           {line}")
                if len(findings) > _SHOWN:
                    print(f"           and {len(findings) - _SHOWN} more")
    if as_json:
        print_json(report)
    return 1 if any(row["result"] == "FAILED" for row in report) else 0


def _result(findings: list[Finding]) -> str:
    if not findings:
        return "passed"
    return "not run" if all(finding.not_run for finding in findings) else "FAILED"


def _stats(names: list[str], as_json: bool) -> int:
    stats = [task_stats(TASKS.get(name)) for name in names]
    if as_json:
        print_json(stats)
        return 0
    for row in stats:
        splits = ", ".join(f"{count:,} {split}" for split, count in row["splits"].items())
        print(f"\n{row['task']}: {row['pairs']:,} pairs ({splits})")
        print(
            f"  with question {row['with_question']:,}, with description {row['with_description']:,}, "
            f"negatives {row['negatives']:,}"
        )
        for name in ("query_words", "document_words", "document_lines"):
            print(f"  {name.replace('_', ' ')}: " + ", ".join(f"{key} {value:g}" for key, value in row[name].items()))
        print_table(
            [[topic, *counts.values(), sum(counts.values())] for topic, counts in row["topics"].items()],
            ["topic", *row["splits"], "all"],
        )
    return 0


DATA = Command("data", "Verify (check) or count (stats) the shipped pairs.", _arguments, _run)
