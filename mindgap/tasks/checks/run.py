"""All checks of a task, and the counts that `data stats` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import mean, median
from typing import Any

from mindgap.tasks.base import SPLITS, Task
from mindgap.tasks.checks.base import Check, Finding, Splits
from mindgap.tasks.checks.generic import GENERIC


def check_task(task: Task) -> Iterator[tuple[Check, list[Finding]]]:
    """Each check of a task with what it found; an empty list is a pass."""
    splits = _splits(task)
    for check in (*GENERIC, *task.checks):
        yield check, list(check.run(splits))


def task_stats(task: Task) -> dict[str, Any]:
    """Counts by split and topic, and lengths in words of queries and documents."""
    splits = _splits(task)
    everything = [pair for pairs in splits.values() for pair in pairs]
    topics = {split: Counter(pair.topic for pair in pairs) for split, pairs in splits.items()}
    return {
        "task": task.name,
        "pairs": len(everything),
        "splits": {split: len(pairs) for split, pairs in splits.items()},
        "with_question": sum(bool(pair.question) for pair in everything),
        "with_description": sum(bool(pair.description) for pair in everything),
        "negatives": sum(len(pair.negatives) for pair in everything),
        "query_words": _lengths([len(pair.query.split()) for pair in everything]),
        "document_words": _lengths([len(pair.document.split()) for pair in everything]),
        "document_lines": _lengths([len(pair.document.splitlines()) for pair in everything]),
        "topics": {
            topic: {split: topics[split][topic] for split in splits}
            for topic in sorted({pair.topic for pair in everything})
        },
    }


def _splits(task: Task) -> Splits:
    return {split: task.pairs(split) for split in SPLITS if task.has_split(split)}


def _lengths(values: list[int]) -> dict[str, float]:
    return {"least": min(values), "median": median(values), "mean": round(mean(values), 1), "most": max(values)}
