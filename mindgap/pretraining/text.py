"""The text that an encoder is pre-trained on: one language or notation an input, never a pair."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from mindgap.errors import CallerError
from mindgap.pretraining.programs import programs
from mindgap.pretraining.sentences import sentences
from mindgap.registry import suggestion
from mindgap.tasks import TASKS
from mindgap.types import Pair

GENERATORS: dict[str, Callable[[int, int], list[str]]] = {
    "english": lambda count, seed: sentences("english", count, seed),
    "french": lambda count, seed: sentences("french", count, seed),
    "c": lambda count, seed: programs("c", count, seed),
    "pseudocode": lambda count, seed: programs("pseudocode", count, seed),
}
"""Kind -> (count, seed) -> texts."""


def split_texts(split: str, tasks: Iterable[str] | None = None) -> list[str]:
    """Every distinct text of a split of the tasks: queries, documents, descriptions, questions, wrong queries."""
    chosen = [TASKS.get(name) for name in tasks or TASKS.names()]
    return list(dict.fromkeys(text for task in chosen for pair in task.pairs(split) for text in _texts(pair)))


def _texts(pair: Pair) -> list[str]:
    return [t for t in (pair.query, pair.document, pair.description, pair.question, *pair.negatives) if t]


def pretraining_texts(generated: dict[str, int], seed: int) -> list[str]:
    """The training splits' texts and the generated ones, shuffled; none is a text of another split.

    Args:
        generated: kind -> how many texts.

    Raises CallerError for an unknown kind or a count that is no whole number from 0.
    """
    texts = split_texts("train")
    for number, (kind, count) in enumerate(sorted(generated.items())):
        if kind not in GENERATORS:
            raise CallerError(f"There is no generator of {kind!r} text.{suggestion(kind, list(GENERATORS))}")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise CallerError(f"The number of generated {kind} texts must be a whole number from 0, not {count!r}.")
        texts += GENERATORS[kind](count, seed + number)
    held_out = {*split_texts("validation"), *split_texts("test")}
    texts = [text for text in dict.fromkeys(texts) if text not in held_out]
    random.Random(seed).shuffle(texts)
    return texts
