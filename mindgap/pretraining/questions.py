"""English questions with the English passages that answer them, and BM25's best wrong passage for each.

As in DPR (Karpukhin et al., 2020): positives come from the data, one hard negative from BM25, the others
from the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rank_bm25 import BM25Okapi

from mindgap.errors import CallerError
from mindgap.tasks import TASKS
from mindgap.types import Pair

SOURCES = {"english-french": "question", "pseudocode-c": "description"}
"""Task -> the field that asks; its `query` is the passage. Both are English: DPR never sees French or C."""
LABELS = {"english-french": "English question to English sentence", "pseudocode-c": "description to pseudocode"}
"""Task -> what is asked and what answers, in words."""


@dataclass(frozen=True)
class Asked:
    """Questions and passages of one task.

    Attributes:
        questions: texts, n.
        passages: distinct texts.
        gold: place of each question's passage, n.
        wrong: places of BM25's best wrong passages of each question, best first, (n, k).
    """

    task: str
    questions: tuple[str, ...]
    passages: tuple[str, ...]
    gold: tuple[int, ...]
    wrong: tuple[tuple[int, ...], ...]


def asked(task: str, pairs: Sequence[Pair], negatives: int) -> Asked:
    """The questions of a split, each with its `negatives` best wrong passages.

    Raises CallerError with fewer than two passages: nothing would be wrong.
    """
    field = SOURCES[task]
    rows = [(getattr(pair, field), pair.query) for pair in pairs if pair.label and getattr(pair, field)]
    passages = tuple(dict.fromkeys(passage for _, passage in rows))
    if len(passages) < 2:
        raise CallerError(
            f"The towers need at least 2 passages of {task} with a {field}, and there are {len(passages)}."
        )
    place = {text: i for i, text in enumerate(passages)}
    gold = tuple(place[passage] for _, passage in rows)
    questions = tuple(question for question, _ in rows)
    return Asked(task, questions, passages, gold, _best_wrong(questions, passages, gold, negatives))


def _best_wrong(
    questions: Sequence[str], passages: Sequence[str], gold: Sequence[int], count: int
) -> tuple[tuple[int, ...], ...]:
    words = BM25Okapi([passage.lower().split() for passage in passages])
    found = []
    for question, own in zip(questions, gold, strict=True):
        scores = words.get_scores(question.lower().split())
        scores[own] = -np.inf
        best = np.argsort(-scores, kind="stable")[: min(count, len(passages) - 1)]
        found.append(tuple(int(i) for i in best))
    return tuple(found)


def asked_of_split(split: str, negatives: int) -> list[Asked]:
    """The questions of a split of every task that has some."""
    return [asked(task, TASKS.get(task).pairs(split), negatives) for task in SOURCES]
